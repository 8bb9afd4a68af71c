"""The first tables."""

import django.db.models.deletion
import django.db.models.manager
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('accounts', '0001_first_step'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='AuditEvent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField(auto_now_add=True)),
                ('actor_email', models.CharField(max_length=254)),
                ('role', models.CharField(max_length=20)),
                ('via', models.CharField(max_length=10)),
                ('verb', models.CharField(max_length=60)),
                ('object_type', models.CharField(max_length=60)),
                ('object_id', models.CharField(max_length=60)),
                ('object_label', models.CharField(max_length=200)),
                ('changes', models.JSONField(default=dict)),
                ('request_id', models.CharField(blank=True, max_length=32)),
                ('address', models.GenericIPAddressField(null=True)),
                ('actor_user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('team', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.team')),
            ],
            options={
                'ordering': ('-id',),
                'abstract': False,
                'base_manager_name': 'all_rows',
                'default_manager_name': 'all_rows',
                'indexes': [models.Index(fields=['team', '-id'], name='audit_of_team'), models.Index(fields=['team', 'object_type', 'object_id', '-id'], name='audit_of_object'), models.Index(fields=['team', 'verb', '-id'], name='audit_of_verb')],
            },
            managers=[
                ('all_rows', django.db.models.manager.Manager()),
            ],
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='auditevent',
            trigger=pgtrigger.compiler.Trigger(name='audit_is_append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='c3c2497e80874911ec2583029421b9b99cda6806', operation='UPDATE OR DELETE', pgid='pgtrigger_audit_is_append_only_904e3', table='audit_auditevent', when='BEFORE')),
        ),
    ]
