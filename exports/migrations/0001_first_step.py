"""The first tables."""

import django.db.models.deletion
import django.db.models.manager
import evalplatform.accounts.models.user
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('accounts', '0001_first_step'),
        ('jobs', '0001_first_step'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Export',
            fields=[
                ('id', models.UUIDField(default=evalplatform.accounts.models.user.new_id, editable=False, primary_key=True, serialize=False)),
                ('format', models.CharField(max_length=30)),
                ('format_version', models.CharField(max_length=20)),
                ('options', models.JSONField(default=dict)),
                ('filters', models.JSONField(default=dict)),
                ('file', models.FileField(blank=True, max_length=200, upload_to='exports/')),
                ('file_name', models.CharField(blank=True, max_length=120)),
                ('sha256', models.CharField(blank=True, max_length=64)),
                ('n_sessions', models.PositiveIntegerField(null=True)),
                ('n_rows', models.PositiveBigIntegerField(null=True)),
                ('n_bytes', models.PositiveBigIntegerField(null=True)),
                ('manifest', models.JSONField(null=True)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('built_at', models.DateTimeField(null=True)),
                ('expires_at', models.DateTimeField(null=True)),
                ('deleted_at', models.DateTimeField(null=True)),
                ('exported_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('job', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='jobs.job')),
                ('team', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.team')),
            ],
            options={
                'ordering': ('-created_at',),
                'abstract': False,
                'base_manager_name': 'all_rows',
                'default_manager_name': 'all_rows',
                'indexes': [models.Index(fields=['exported_by', '-created_at'], name='exports_of_user')],
                'constraints': [models.CheckConstraint(condition=models.Q(('built_at', None), models.Q(('expires_at__isnull', False), ('n_bytes__isnull', False), ('n_rows__isnull', False), ('sha256__regex', '^[0-9a-f]{64}$')), _connector='OR'), name='built_export_is_complete')],
            },
            managers=[
                ('all_rows', django.db.models.manager.Manager()),
            ],
        ),
    ]
