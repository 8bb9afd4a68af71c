"""The first tables."""

import django.contrib.postgres.fields
import django.core.validators
import django.db.models.deletion
import django.db.models.functions.text
import django.db.models.manager
import evalplatform.accounts.models.user
import evalplatform.accounts.roles
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='User',
            fields=[
                ('password', models.CharField(max_length=128, verbose_name='password')),
                ('last_login', models.DateTimeField(blank=True, null=True, verbose_name='last login')),
                ('id', models.UUIDField(default=evalplatform.accounts.models.user.new_id, editable=False, primary_key=True, serialize=False)),
                ('email', models.EmailField(max_length=254, unique=True, validators=[django.core.validators.EmailValidator()])),
                ('name', models.CharField(blank=True, max_length=120, validators=[evalplatform.accounts.models.user.refuse_hidden_characters])),
                ('is_active', models.BooleanField(default=True)),
                ('date_joined', models.DateTimeField(auto_now_add=True)),
            ],
            options={
                'ordering': ('email',),
                'constraints': [models.CheckConstraint(condition=models.Q(('email', django.db.models.functions.text.Lower('email'))), name='email_is_lower_case')],
            },
        ),
        migrations.CreateModel(
            name='Membership',
            fields=[
                ('id', models.UUIDField(default=evalplatform.accounts.models.user.new_id, editable=False, primary_key=True, serialize=False)),
                ('role', models.CharField(choices=[(evalplatform.accounts.roles.Role['OWNER'], 'Owner'), (evalplatform.accounts.roles.Role['ADMIN'], 'Admin'), (evalplatform.accounts.roles.Role['EVALUATOR'], 'Evaluator'), (evalplatform.accounts.roles.Role['TESTER'], 'Tester')], max_length=20)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('ended_at', models.DateTimeField(editable=False, null=True)),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='memberships', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ('created_at',),
                'abstract': False,
                'base_manager_name': 'all_rows',
                'default_manager_name': 'all_rows',
            },
            managers=[
                ('all_rows', django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name='ApiKey',
            fields=[
                ('id', models.UUIDField(default=evalplatform.accounts.models.user.new_id, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=120, validators=[evalplatform.accounts.models.user.refuse_hidden_characters])),
                ('prefix', models.CharField(editable=False, max_length=8, unique=True)),
                ('key_sha256', models.CharField(editable=False, max_length=64)),
                ('scopes', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=20), blank=True, default=list, size=None)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('last_used_at', models.DateTimeField(editable=False, null=True)),
                ('expires_at', models.DateTimeField(blank=True, null=True)),
                ('revoked_at', models.DateTimeField(editable=False, null=True)),
                ('revoked_by', models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('membership', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='api_keys', to='accounts.membership')),
            ],
            options={
                'ordering': ('-created_at',),
                'abstract': False,
                'base_manager_name': 'all_rows',
                'default_manager_name': 'all_rows',
            },
            managers=[
                ('all_rows', django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name='Team',
            fields=[
                ('id', models.UUIDField(default=evalplatform.accounts.models.user.new_id, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=120, validators=[evalplatform.accounts.models.user.refuse_hidden_characters])),
                ('slug', models.SlugField(max_length=60, unique=True)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('deleted_at', models.DateTimeField(editable=False, null=True)),
                ('deleted_by', models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
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
        migrations.AddField(
            model_name='membership',
            name='team',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='memberships', to='accounts.team'),
        ),
        migrations.CreateModel(
            name='Invitation',
            fields=[
                ('id', models.UUIDField(default=evalplatform.accounts.models.user.new_id, editable=False, primary_key=True, serialize=False)),
                ('email', models.EmailField(max_length=254)),
                ('role', models.CharField(choices=[(evalplatform.accounts.roles.Role['OWNER'], 'Owner'), (evalplatform.accounts.roles.Role['ADMIN'], 'Admin'), (evalplatform.accounts.roles.Role['EVALUATOR'], 'Evaluator'), (evalplatform.accounts.roles.Role['TESTER'], 'Tester')], max_length=20)),
                ('token_sha256', models.CharField(editable=False, max_length=64, unique=True)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('expires_at', models.DateTimeField()),
                ('accepted_at', models.DateTimeField(editable=False, null=True)),
                ('revoked_at', models.DateTimeField(editable=False, null=True)),
                ('accepted_by', models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('invited_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('team', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='invitations', to='accounts.team')),
            ],
            options={
                'ordering': ('-created_at',),
                'abstract': False,
                'base_manager_name': 'all_rows',
                'default_manager_name': 'all_rows',
            },
            managers=[
                ('all_rows', django.db.models.manager.Manager()),
            ],
        ),
        migrations.CreateModel(
            name='AccessLogEntry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField(auto_now_add=True)),
                ('endpoint', models.CharField(max_length=200)),
                ('method', models.CharField(max_length=10)),
                ('status_code', models.PositiveSmallIntegerField()),
                ('response_ms', models.PositiveIntegerField()),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('key', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='calls', to='accounts.apikey')),
                ('team', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.team')),
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
        migrations.AddConstraint(
            model_name='team',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('deleted_at', None), ('deleted_by', None)), models.Q(('deleted_at__isnull', False), ('deleted_by__isnull', False)), _connector='OR'), name='deleted_team_has_a_when_and_a_who'),
        ),
        migrations.AddConstraint(
            model_name='membership',
            constraint=models.UniqueConstraint(condition=models.Q(('ended_at', None)), fields=('user', 'team'), name='one_membership_per_team'),
        ),
        migrations.AddConstraint(
            model_name='membership',
            constraint=models.CheckConstraint(condition=models.Q(('role__in', [evalplatform.accounts.roles.Role['OWNER'], evalplatform.accounts.roles.Role['ADMIN'], evalplatform.accounts.roles.Role['EVALUATOR'], evalplatform.accounts.roles.Role['TESTER']])), name='role_is_known'),
        ),
        migrations.AddConstraint(
            model_name='invitation',
            constraint=models.UniqueConstraint(condition=models.Q(('accepted_at', None), ('revoked_at', None)), fields=('team', 'email'), name='one_open_invitation_per_address'),
        ),
        migrations.AddIndex(
            model_name='accesslogentry',
            index=models.Index(fields=['team', '-id'], name='access_log_of_team'),
        ),
    ]
