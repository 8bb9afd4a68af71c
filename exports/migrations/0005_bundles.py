from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('exports', '0004_exports_of_runs'),
    ]

    operations = [
        migrations.AddField(
            model_name='export',
            name='is_bundle',
            field=models.BooleanField(default=False),
        ),
    ]
