"""The first tables."""

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.contrib.postgres.search
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
            name='Source',
            fields=[
                ('id', models.UUIDField(default=evalplatform.accounts.models.user.new_id, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=200, validators=[evalplatform.accounts.models.user.refuse_hidden_characters])),
                ('kind', models.CharField(choices=[('chatbot', 'Chatbot'), ('coding_tool', 'Coding tool'), ('api', 'API'), ('file', 'File')], default='api', max_length=20)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('team', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.team')),
            ],
            options={
                'ordering': ('name',),
                'abstract': False,
                'base_manager_name': 'all_rows',
                'default_manager_name': 'all_rows',
            },
            managers=[
                ('all_rows', django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name='Session',
            fields=[
                ('id', models.UUIDField(default=evalplatform.accounts.models.user.new_id, editable=False, primary_key=True, serialize=False)),
                ('external_id', models.CharField(max_length=256)),
                ('title', models.TextField(blank=True)),
                ('project_path', models.TextField(blank=True)),
                ('project_name', models.TextField(blank=True)),
                ('model', models.TextField(blank=True)),
                ('provider', models.TextField(blank=True)),
                ('participant_identifier', models.TextField(blank=True)),
                ('participant', models.JSONField(blank=True, default=dict)),
                ('channel', models.TextField(blank=True)),
                ('tags', django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), blank=True, default=list, size=None)),
                ('prompt_tokens', models.BigIntegerField(blank=True, null=True)),
                ('completion_tokens', models.BigIntegerField(blank=True, null=True)),
                ('cost', models.DecimalField(blank=True, decimal_places=10, max_digits=20, null=True)),
                ('duration_ms', models.BigIntegerField(blank=True, null=True)),
                ('session_state', models.JSONField(blank=True, default=dict)),
                ('started_at', models.DateTimeField()),
                ('created_at', models.DateTimeField()),
                ('updated_at', models.DateTimeField()),
                ('n_messages', models.PositiveIntegerField(default=0)),
                ('n_pairs', models.PositiveIntegerField(default=0)),
                ('search', django.contrib.postgres.search.SearchVectorField(editable=False, null=True)),
                ('owner', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('team', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.team')),
                ('source', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='datasets.source')),
            ],
            options={
                'ordering': ('-started_at', '-id'),
                'abstract': False,
                'base_manager_name': 'all_rows',
                'default_manager_name': 'all_rows',
            },
            managers=[
                ('all_rows', django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name='Message',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('position', models.PositiveIntegerField()),
                ('external_id', models.TextField(blank=True)),
                ('role', models.CharField(choices=[('user', 'User'), ('assistant', 'Assistant'), ('system', 'System'), ('tool', 'Tool'), ('unknown', 'Unknown')], max_length=10)),
                ('content', models.TextField(blank=True)),
                ('created_at', models.DateTimeField(null=True)),
                ('model', models.TextField(blank=True)),
                ('tags', django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), blank=True, default=list, size=None)),
                ('comments', django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), blank=True, default=list, size=None)),
                ('prompt_tokens', models.BigIntegerField(null=True)),
                ('completion_tokens', models.BigIntegerField(null=True)),
                ('participant_data', models.JSONField(blank=True, default=dict)),
                ('session_state', models.JSONField(blank=True, default=dict)),
                ('summary', models.TextField(blank=True)),
                ('session', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='messages', to='datasets.session')),
            ],
            options={
                'ordering': ('session', 'position'),
                'abstract': False,
                'base_manager_name': 'all_rows',
                'default_manager_name': 'all_rows',
                'constraints': [models.UniqueConstraint(fields=('session', 'position'), name='one_message_per_position'), models.CheckConstraint(condition=models.Q(('role__in', ['user', 'assistant', 'system', 'tool', 'unknown'])), name='message_role_is_known')],
            },
            managers=[
                ('all_rows', django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name='SessionImport',
            fields=[
                ('id', models.UUIDField(default=evalplatform.accounts.models.user.new_id, editable=False, primary_key=True, serialize=False)),
                ('file', models.FileField(max_length=200, upload_to='imports/')),
                ('file_name', models.CharField(max_length=200)),
                ('format', models.CharField(max_length=30)),
                ('source_name', models.CharField(blank=True, max_length=200)),
                ('sha256', models.CharField(max_length=64)),
                ('n_bytes', models.BigIntegerField()),
                ('state', models.CharField(choices=[('checking', 'Checking'), ('ready', 'Ready'), ('refused', 'Refused'), ('committing', 'Committing'), ('committed', 'Committed'), ('failed', 'Failed')], default='checking', max_length=12)),
                ('report', models.JSONField(default=dict)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('committed_at', models.DateTimeField(null=True)),
                ('check_job', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='jobs.job')),
                ('commit_job', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='jobs.job')),
                ('imported_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('team', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.team')),
            ],
            options={
                'ordering': ('-created_at',),
                'abstract': False,
                'base_manager_name': 'all_rows',
                'default_manager_name': 'all_rows',
                'indexes': [models.Index(fields=['imported_by', '-created_at'], name='imports_of_user')],
            },
            managers=[
                ('all_rows', django.db.models.manager.Manager()),
            ],
        ),
        migrations.AddConstraint(
            model_name='source',
            constraint=models.UniqueConstraint(fields=('team', 'name'), name='one_source_per_name'),
        ),
        migrations.AddIndex(
            model_name='session',
            index=models.Index(fields=['team', '-started_at', '-id'], name='sessions_of_team'),
        ),
        migrations.AddIndex(
            model_name='session',
            index=models.Index(fields=['team', 'owner', '-started_at', '-id'], name='sessions_of_owner'),
        ),
        migrations.AddIndex(
            model_name='session',
            index=models.Index(fields=['source', '-started_at', '-id'], name='sessions_of_source'),
        ),
        migrations.AddIndex(
            model_name='session',
            index=django.contrib.postgres.indexes.GinIndex(fields=['tags'], name='sessions_by_tag'),
        ),
        migrations.AddIndex(
            model_name='session',
            index=django.contrib.postgres.indexes.GinIndex(fields=['search'], name='sessions_by_text'),
        ),
        migrations.AddConstraint(
            model_name='session',
            constraint=models.UniqueConstraint(fields=('source', 'external_id'), name='one_session_per_external_id'),
        ),
        migrations.AddConstraint(
            model_name='session',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('prompt_tokens', None), ('prompt_tokens__gte', 0), _connector='OR'), models.Q(('completion_tokens', None), ('completion_tokens__gte', 0), _connector='OR'), models.Q(('cost', None), ('cost__gte', 0), _connector='OR'), models.Q(('duration_ms', None), ('duration_ms__gte', 0), _connector='OR')), name='session_numbers_are_not_negative'),
        ),
    ]
