"""Rules that bring new sessions into datasets of sessions, and what their polls did."""

import django.core.validators
import django.db.models.deletion
import django.db.models.functions.datetime
import django.db.models.manager
import django.utils.timezone
import evalplatform.accounts.models.user
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('datasets', '0005_dataset_imports'),
        ('jobs', '0001_first_step'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterField(
            model_name='source',
            name='kind',
            field=models.CharField(choices=[('chatbot', 'Chatbot'), ('coding_tool', 'Coding tool'), ('api', 'API'), ('file', 'File'), ('run', 'Run')], default='api', max_length=20),
        ),
        migrations.CreateModel(
            name='PopulationRule',
            fields=[
                ('id', models.UUIDField(default=evalplatform.accounts.models.user.new_id, editable=False, primary_key=True, serialize=False)),
                ('level', models.CharField(default='session', editable=False, max_length=7)),
                ('name', models.CharField(max_length=200, validators=[django.core.validators.MinLengthValidator(1), evalplatform.accounts.models.user.refuse_hidden_characters])),
                ('filters', models.JSONField(blank=True, default=dict)),
                ('lookback_days', models.PositiveSmallIntegerField(default=30, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(365)])),
                ('quiet_minutes', models.PositiveSmallIntegerField(default=10, validators=[django.core.validators.MaxValueValidator(1440)])),
                ('is_enabled', models.BooleanField(default=True)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('n_failures', models.PositiveSmallIntegerField(default=0)),
                ('disabled_at', models.DateTimeField(blank=True, null=True)),
                ('disabled_reason', models.TextField(blank=True)),
                ('due_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('created_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('dataset', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='datasets.dataset')),
                ('job', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='jobs.job')),
            ],
            options={
                'ordering': ('dataset', 'created_at', 'id'),
                'abstract': False,
                'base_manager_name': 'all_rows',
                'default_manager_name': 'all_rows',
            },
            managers=[
                ('all_rows', django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name='RulePoll',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('n_seen', models.PositiveIntegerField(default=0)),
                ('n_added', models.PositiveIntegerField(default=0)),
                ('n_already', models.PositiveIntegerField(default=0)),
                ('n_waiting', models.PositiveIntegerField(default=0)),
                ('n_left_out', models.PositiveIntegerField(default=0)),
                ('version', models.PositiveIntegerField(null=True)),
                ('error', models.TextField(blank=True)),
                ('rule', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='datasets.populationrule')),
            ],
            options={
                'ordering': ('-id',),
                'abstract': False,
                'base_manager_name': 'all_rows',
                'default_manager_name': 'all_rows',
            },
            managers=[
                ('all_rows', django.db.models.manager.Manager()),
            ],
        ),
        migrations.AddIndex(
            model_name='populationrule',
            index=models.Index(condition=models.Q(('is_enabled', True)), fields=['due_at'], name='rules_to_poll'),
        ),
        migrations.AddConstraint(
            model_name='populationrule',
            constraint=models.CheckConstraint(condition=models.Q(('level', 'session')), name='rules_fill_datasets_of_sessions'),
        ),
        migrations.AddConstraint(
            model_name='populationrule',
            constraint=models.CheckConstraint(condition=models.Q(('lookback_days__range', (1, 365)), ('quiet_minutes__lte', 1440)), name='rule_has_its_bounds'),
        ),
        migrations.AddConstraint(
            model_name='populationrule',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('disabled_at', None), ('is_enabled', True)), models.Q(('disabled_at__isnull', False), ('is_enabled', False)), _connector='OR'), name='disabled_rule_says_when'),
        ),
        migrations.AddIndex(
            model_name='rulepoll',
            index=models.Index(fields=['rule', '-id'], name='polls_of_rule'),
        ),
        migrations.AddIndex(
            model_name='rulepoll',
            index=models.Index(fields=['at'], name='polls_by_age'),
        ),
        migrations.RunSQL(
            sql="""
                ALTER TABLE datasets_populationrule ADD CONSTRAINT rule_has_its_datasets_level
                FOREIGN KEY (dataset_id, level) REFERENCES datasets_dataset (id, level)
                ON DELETE CASCADE;
            """,
            reverse_sql="ALTER TABLE datasets_populationrule DROP CONSTRAINT rule_has_its_datasets_level;",
        ),
    ]
