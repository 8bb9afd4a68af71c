"""The first tables."""

import django.db.models.deletion
import django.db.models.manager
import evalplatform.accounts.models.user
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('accounts', '0001_first_step'),
    ]

    operations = [
        migrations.CreateModel(
            name='Job',
            fields=[
                ('id', models.UUIDField(default=evalplatform.accounts.models.user.new_id, editable=False, primary_key=True, serialize=False)),
                ('kind', models.CharField(max_length=40)),
                ('arguments', models.JSONField(default=dict)),
                ('idempotency_key', models.CharField(max_length=200, null=True)),
                ('request_id', models.CharField(blank=True, max_length=32)),
                ('address', models.GenericIPAddressField(null=True)),
                ('state', models.CharField(choices=[('ready', 'Ready'), ('running', 'Running'), ('done', 'Done'), ('failed', 'Failed'), ('cancelled', 'Cancelled')], default='ready', max_length=10)),
                ('attempt', models.PositiveIntegerField(default=0)),
                ('n_errors', models.PositiveSmallIntegerField(default=0)),
                ('lease_until', models.DateTimeField(null=True)),
                ('not_before', models.DateTimeField(null=True)),
                ('n_done', models.PositiveBigIntegerField(default=0)),
                ('n_expected', models.PositiveBigIntegerField(null=True)),
                ('note', models.CharField(blank=True, max_length=200)),
                ('result', models.JSONField(null=True)),
                ('error', models.TextField(blank=True)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('sent_at', models.DateTimeField(null=True)),
                ('started_at', models.DateTimeField(null=True)),
                ('finished_at', models.DateTimeField(null=True)),
                ('api_key', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.apikey')),
                ('requested_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.membership')),
                ('team', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.team')),
            ],
            options={
                'ordering': ('-created_at',),
                'abstract': False,
                'base_manager_name': 'all_rows',
                'default_manager_name': 'all_rows',
                'indexes': [models.Index(condition=models.Q(('state__in', ['ready', 'running'])), fields=['created_at'], name='open_jobs'), models.Index(fields=['requested_by', '-created_at'], name='jobs_of_member')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('idempotency_key__isnull', False)), fields=('requested_by', 'kind', 'idempotency_key'), name='one_job_per_idempotency_key'), models.CheckConstraint(condition=models.Q(models.Q(('state', 'running'), _negated=True), ('lease_until__isnull', False), _connector='OR'), name='running_job_has_a_lease'), models.CheckConstraint(condition=models.Q(('state__in', ['ready', 'running']), ('finished_at__isnull', False), _connector='OR'), name='ended_job_has_a_when')],
            },
            managers=[
                ('all_rows', django.db.models.manager.Manager()),
            ],
        ),
    ]
