"""Names as people write them."""

from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0002_people_pages'),
    ]

    operations = [
        migrations.AlterModelOptions(
            name='accesslogentry',
            options={'base_manager_name': 'all_rows', 'default_manager_name': 'all_rows', 'ordering': ('-id',), 'verbose_name_plural': 'access log entries'},
        ),
        migrations.AlterModelOptions(
            name='apikey',
            options={'base_manager_name': 'all_rows', 'default_manager_name': 'all_rows', 'ordering': ('-created_at',), 'verbose_name': 'API key'},
        ),
    ]
