"""Find sessions by the tags of their labels without reading every label."""

import django.contrib.postgres.indexes
from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('datasets', '0002_sessions_to_index'),
        ('reviews', '0001_first_step'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='evallabel',
            index=django.contrib.postgres.indexes.GinIndex(fields=['tags'], name='labels_by_tag'),
        ),
    ]
