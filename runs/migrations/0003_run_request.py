"""Runs remember which request they were made for, so that asking twice makes one."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("runs", "0002_run_carrier")]

    operations = [
        migrations.AddField(
            model_name="run",
            name="request_sha256",
            field=models.CharField(blank=True, db_default="", editable=False, max_length=64),
        ),
    ]
