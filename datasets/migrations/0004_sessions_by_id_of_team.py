"""Join a team's sessions with their labels without reading a row of either."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ('datasets', '0003_datasets'),
    ]

    operations = [
        AddIndexConcurrently(
            model_name='session',
            index=models.Index(fields=['team', 'id'], name='sessions_by_id_of_team'),
        ),
    ]
