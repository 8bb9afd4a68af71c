"""The first tables."""

import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.manager
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('datasets', '0001_first_step'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='EvalLabel',
            fields=[
                ('session', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='label', serialize=False, to='datasets.session')),
                ('is_eval_ready', models.BooleanField(default=False)),
                ('status', models.CharField(blank=True, choices=[('golden', 'Golden'), ('correct', 'Correct'), ('incorrect', 'Incorrect'), ('needs_review', 'Needs review')], max_length=12, null=True)),
                ('notes', models.TextField(blank=True)),
                ('tags', django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), blank=True, default=list, size=None)),
                ('expected_output', models.TextField(blank=True, null=True)),
                ('marked_at', models.DateTimeField(null=True)),
                ('reviewed_at', models.DateTimeField(null=True)),
                ('marked_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('reviewed_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'all_rows',
                'default_manager_name': 'all_rows',
            },
            managers=[
                ('all_rows', django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name='EvalLabelRevision',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('is_eval_ready', models.BooleanField(default=False)),
                ('status', models.CharField(blank=True, choices=[('golden', 'Golden'), ('correct', 'Correct'), ('incorrect', 'Incorrect'), ('needs_review', 'Needs review')], max_length=12, null=True)),
                ('notes', models.TextField(blank=True)),
                ('tags', django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), blank=True, default=list, size=None)),
                ('expected_output', models.TextField(blank=True, null=True)),
                ('marked_at', models.DateTimeField(null=True)),
                ('reviewed_at', models.DateTimeField(null=True)),
                ('marked_by', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL)),
                ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='reviews.evallabel')),
                ('reviewed_by', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL)),
                ('session', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', serialize=False, to='datasets.session')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'all_rows',
                'default_manager_name': 'all_rows',
            },
            managers=[
                ('all_rows', django.db.models.manager.Manager()),
            ],
        ),
        migrations.AddIndex(
            model_name='evallabel',
            index=models.Index(condition=models.Q(('is_eval_ready', True)), fields=['status'], name='eval_ready_by_status'),
        ),
        migrations.AddConstraint(
            model_name='evallabel',
            constraint=models.CheckConstraint(condition=models.Q(('status', None), ('status__in', ['golden', 'correct', 'incorrect', 'needs_review']), _connector='OR'), name='label_status_is_known'),
        ),
        migrations.AddConstraint(
            model_name='evallabel',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('reviewed_at', None), ('reviewed_by', None)), models.Q(('reviewed_at__isnull', False), ('reviewed_by__isnull', False)), _connector='OR'), name='reviewed_label_has_a_when_and_a_who'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='evallabel',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "reviews_evallabelrevision" ("expected_output", "is_eval_ready", "marked_at", "marked_by_id", "notes", "pgh_created_at", "pgh_label", "pgh_obj_id", "reviewed_at", "reviewed_by_id", "session_id", "status", "tags") VALUES (NEW."expected_output", NEW."is_eval_ready", NEW."marked_at", NEW."marked_by_id", NEW."notes", NOW(), \'insert\', NEW."session_id", NEW."reviewed_at", NEW."reviewed_by_id", NEW."session_id", NEW."status", NEW."tags"); RETURN NULL;', hash='91fcddfa417c6cc5e35ed7142af20f6ecfd33db2', operation='INSERT', pgid='pgtrigger_insert_insert_9ab37', table='reviews_evallabel', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='evallabel',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "reviews_evallabelrevision" ("expected_output", "is_eval_ready", "marked_at", "marked_by_id", "notes", "pgh_created_at", "pgh_label", "pgh_obj_id", "reviewed_at", "reviewed_by_id", "session_id", "status", "tags") VALUES (NEW."expected_output", NEW."is_eval_ready", NEW."marked_at", NEW."marked_by_id", NEW."notes", NOW(), \'update\', NEW."session_id", NEW."reviewed_at", NEW."reviewed_by_id", NEW."session_id", NEW."status", NEW."tags"); RETURN NULL;', hash='803fceaad72db5d6417d1ab43ded0d687f6b4117', operation='UPDATE', pgid='pgtrigger_update_update_e1a0a', table='reviews_evallabel', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='evallabelrevision',
            trigger=pgtrigger.compiler.Trigger(name='label_history_is_append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='691988d4c21a697d24621ef9b9c3dbbb78118dbe', operation='UPDATE OR DELETE', pgid='pgtrigger_label_history_is_append_only_b9b93', table='reviews_evallabelrevision', when='BEFORE')),
        ),
    ]
