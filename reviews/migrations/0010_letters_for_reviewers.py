"""Adjudicators may be shown letters where the names of reviewers would stand."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("reviews", "0009_seal_parts")]

    operations = [
        migrations.AddField(
            model_name="queue",
            name="hides_reviewers",
            field=models.BooleanField(default=False),
        ),
    ]
