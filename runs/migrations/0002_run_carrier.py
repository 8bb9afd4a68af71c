"""Runs say whose rights their work is done with."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0003_plain_names"),
        ("runs", "0001_runs"),
    ]

    operations = [
        migrations.AddField(
            model_name="run",
            name="carried_by",
            field=models.ForeignKey(
                db_index=False,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="accounts.membership",
            ),
        ),
    ]
