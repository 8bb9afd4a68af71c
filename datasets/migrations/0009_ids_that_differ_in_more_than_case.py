from django.db import migrations

# Newest items that share an id but for the case of A to Z: all but the first are given another, made
# longer by the end of their key. Rows that have ended keep what they said.
RENAME = """
    UPDATE datasets_datasetitem d
    SET public_id = left(d.public_id, 55) || '-' || right(d.key::text, 8), search = NULL
    FROM (
        SELECT id, row_number() OVER (
            PARTITION BY dataset_id, lower(public_id COLLATE "C") ORDER BY id) AS place
        FROM datasets_datasetitem WHERE until_version IS NULL) n
    WHERE n.id = d.id AND n.place > 1"""


class Migration(migrations.Migration):

    dependencies = [
        ('datasets', '0008_items_that_arrived_in_order'),
    ]

    operations = [
        migrations.RunSQL(RENAME, migrations.RunSQL.noop),
    ]
