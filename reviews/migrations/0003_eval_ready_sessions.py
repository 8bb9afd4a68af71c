"""Know which sessions are eval-ready, and their status, from an index alone."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ('datasets', '0002_sessions_to_index'),
        ('reviews', '0002_labels_by_tag'),
    ]

    operations = [
        AddIndexConcurrently(
            model_name='evallabel',
            index=models.Index(
                condition=models.Q(('is_eval_ready', True)),
                fields=['session'],
                include=('status',),
                name='eval_ready_sessions',
            ),
        ),
    ]
