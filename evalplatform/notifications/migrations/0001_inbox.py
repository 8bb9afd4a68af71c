"""One table: what a person is told."""

import django.core.validators
import django.db.models.deletion
import django.db.models.manager
import evalplatform.accounts.models.user
import re
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('accounts', '0003_plain_names'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Notification',
            fields=[
                ('id', models.UUIDField(default=evalplatform.accounts.models.user.new_id, editable=False, primary_key=True, serialize=False)),
                ('kind', models.CharField(max_length=40, validators=[django.core.validators.RegexValidator(re.compile('^[-a-zA-Z0-9_]+\\Z'), 'Enter a valid “slug” consisting of letters, numbers, underscores or hyphens.', 'invalid')])),
                ('title', models.CharField(max_length=200)),
                ('body', models.TextField(blank=True, max_length=2000)),
                ('url', models.CharField(blank=True, max_length=500)),
                ('key', models.CharField(max_length=200, null=True)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('read_at', models.DateTimeField(null=True)),
                ('mailed_at', models.DateTimeField(null=True)),
                ('team', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.team')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ('-created_at', '-id'),
                'abstract': False,
                'base_manager_name': 'all_rows',
                'default_manager_name': 'all_rows',
                'indexes': [models.Index(fields=['user', 'team', '-created_at', '-id'], name='inbox_by_time'), models.Index(condition=models.Q(('read_at', None)), fields=['user', 'team'], name='inbox_unread'), models.Index(condition=models.Q(('read_at__isnull', False)), fields=['read_at'], name='inbox_read_by_age')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('key__isnull', False), ('read_at', None)), fields=('user', 'team', 'kind', 'key'), name='one_unread_notification_per_key')],
            },
            managers=[
                ('all_rows', django.db.models.manager.Manager()),
            ],
        ),
    ]
