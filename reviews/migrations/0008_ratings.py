"""Which answers agreement is counted from, and what was in view, beside each answer."""

from django.conf import settings
from django.db import migrations, models

MARK = """
UPDATE reviews_reviewanswer a
SET is_exposed = n.is_exposed, is_rating = coalesce(n.number = last.number, false)
FROM reviews_reviewrevision n
LEFT JOIN (
    SELECT review_id, max(number) AS number FROM reviews_reviewrevision
    WHERE NOT coalesce((exposure ->> 'colleagues')::boolean, false)
        AND NOT coalesce((exposure ->> 'final')::boolean, false)
    GROUP BY review_id
) last ON last.review_id = n.review_id
WHERE n.id = a.revision_id"""


class Migration(migrations.Migration):

    dependencies = [
        ('reviews', '0007_adjudications_and_seals'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='reviewanswer',
            name='is_exposed',
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddField(
            model_name='reviewanswer',
            name='is_rating',
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.RunSQL(MARK, migrations.RunSQL.noop),
        migrations.AddIndex(
            model_name='queueitem',
            index=models.Index(condition=models.Q(('revealed_at__isnull', True)), fields=['queue'], name='items_not_revealed'),
        ),
        migrations.AddIndex(
            model_name='reviewanswer',
            index=models.Index(condition=models.Q(('is_rating', True)), fields=['queue', 'criterion', 'queue_item'], name='ratings_of_queue'),
        ),
        migrations.AddIndex(
            model_name='reviewanswer',
            index=models.Index(condition=models.Q(('is_rating', False)), fields=['queue'], name='answers_that_do_not_rate'),
        ),
    ]
