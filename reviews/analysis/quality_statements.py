"""The statements behind the global analysis: three passes, each told by time, category and source.

Bounds: runs by `runs_of_team` (team, created_at), from their stored metrics, so that no row of a
run is read; reviews by `reviews_of_reviewer` of the team's queues; answers by `answers_of_item`.
"""

from __future__ import annotations

from reviews.analysis.asking import CATEGORY, EVIDENCE, NARROWED, SOURCE
from reviews.analysis.shares import SUMS

STEP = "date_trunc(%(step)s, {} AT TIME ZONE 'UTC')::date"
# Rows of ended runs by the category of the row; those without one have their run's.
MACHINE = f"""
    WITH run AS (
        SELECT id, source, category, metrics, {STEP.format("created_at")} AS step
        FROM runs_run
        WHERE team_id = %(team)s AND deleted_at IS NULL AND metrics IS NOT NULL
            AND kind <> 'preview' AND created_at >= %(start)s AND created_at < %(end)s
            AND (%(source)s::text IS NULL OR source = %(source)s)
    ), named AS (
        SELECT run.id, c.* FROM run CROSS JOIN LATERAL jsonb_to_recordset(
            run.metrics -> 'by_item_category'
        ) AS c (name text, n_items bigint, items_passed bigint, n bigint, passed bigint)
    ), part AS (
        SELECT run.id, source, step, name AS category, n_items, items_passed, n, passed
        FROM named JOIN run USING (id)
        UNION ALL
        SELECT run.id, source, step, category,
            coalesce((metrics #>> '{{items,n}}')::bigint, 0) - coalesce(sum(n_items), 0),
            coalesce((metrics #>> '{{items,passed}}')::bigint, 0) - coalesce(sum(items_passed), 0),
            coalesce((metrics #>> '{{checks,n}}')::bigint, 0) - coalesce(sum(n), 0),
            coalesce((metrics #>> '{{checks,passed}}')::bigint, 0) - coalesce(sum(passed), 0)
        FROM run LEFT JOIN named USING (id)
        GROUP BY run.id, source, step, category, metrics
    )
    SELECT GROUPING(step, category, source) AS by, step, category, source,
        count(DISTINCT id) AS n_runs, sum(n_items)::bigint AS n_items,
        sum(items_passed)::bigint AS items_passed, sum(n)::bigint AS n_checks,
        sum(passed)::bigint AS checks_passed
    FROM part
    WHERE (n_items > 0 OR n > 0) AND (%(category)s::text IS NULL OR category = %(category)s)
    GROUP BY GROUPING SETS ((step), (category), (source), ())"""  # noqa: S608  (constants)

# Latest answers of saved reviews. A judgement says pass, refine or fail; a flag is none.
PEOPLE = f"""
    WITH said AS (
        SELECT {STEP.format("r.saved_at")} AS step, {CATEGORY} AS category, {SOURCE} AS source,
            r.reviewer_id AS reviewer, a.criterion, a.flagged, a.number,
            CASE WHEN NOT a.flagged AND a.value IN ('pass', 'refine', 'fail') THEN a.value END
                AS verdict
        FROM reviews_queue q
        JOIN reviews_review r ON r.queue_id = q.id AND r.saved_at >= %(start)s
            AND r.saved_at < %(end)s AND r.reviewer_kind = 'human'
        JOIN reviews_queueitem i ON i.id = r.queue_item_id
        JOIN reviews_reviewanswer a ON a.queue_item_id = i.id AND a.reviewer_id = r.reviewer_id
            AND a.is_latest
        {EVIDENCE}
        WHERE {NARROWED} AND (i.revealed_at IS NOT NULL OR NOT q.is_blind)
            AND (%(reviewer)s::uuid IS NULL OR r.reviewer_id = %(reviewer)s)
    )
    SELECT GROUPING(step, category, source, reviewer) AS by, step, category, source, reviewer,
        criterion, count(*) AS n, count(*) FILTER (WHERE flagged) AS n_flagged,
        count(verdict) AS n_judged, count(*) FILTER (WHERE verdict = 'pass') AS n_passed,
        count(number) AS n_rated, coalesce(sum(number), 0) AS rated
    FROM said
    GROUP BY GROUPING SETS (
        (criterion, step), (criterion, category), (criterion, source), (criterion, reviewer)
    )"""  # noqa: S608

# Ratings that agreement counts (agreement.md 1: the newest answer before anything of others was
# shown, of complete reviews), of items whose reviews are all there, by when they were. Where an
# item comes from is asked once an item, after its ratings are counted.
RATINGS = f"""
    WITH text AS (
        SELECT v.id AS version, jsonb_path_query(
            v.shape, '$.sections[*].criteria[*] ? (@.kind == "text").key') #>> '{{}}' AS key
        FROM reviews_rubricversion v JOIN reviews_rubric u ON u.id = v.rubric_id
        WHERE u.team_id = %(team)s
    ), rating AS (
        SELECT i.id AS item, a.criterion, a.check_result_id AS check_id, r.reviewer_id AS reviewer,
            CASE WHEN a.flagged THEN '' ELSE coalesce(a.labels::text, a.value) END AS value,
            a.flagged
        FROM reviews_queue q
        JOIN reviews_queueitem i ON i.queue_id = q.id AND i.revealed_at >= %(start)s
            AND i.revealed_at < %(end)s
        JOIN reviews_reviewanswer a ON a.queue_id = q.id AND a.queue_item_id = i.id
            AND a.is_rating AND (a.value IS NOT NULL OR a.flagged)
        JOIN reviews_review r ON r.id = a.review_id AND r.reviewer_kind = 'human'
            AND r.draft IS NULL
        WHERE q.team_id = %(team)s AND NOT EXISTS (
            SELECT FROM text WHERE version = q.rubric_version_id AND key = a.criterion)
    ), counted AS (
        SELECT item, criterion, check_id, value, count(*) AS n
        FROM rating GROUP BY item, criterion, check_id, value
    ), placed AS (
        SELECT i.id AS item, {STEP.format("i.revealed_at")} AS step, {CATEGORY} AS category,
            {SOURCE} AS source
        FROM reviews_queue q
        JOIN reviews_queueitem i ON i.queue_id = q.id AND i.revealed_at >= %(start)s
            AND i.revealed_at < %(end)s
        {EVIDENCE}
        WHERE {NARROWED}
    )"""  # noqa: S608
BY_ITEM = f""", by_item AS (
        SELECT step, category, source, c, t FROM placed JOIN (
            SELECT item, count(*) AS c, sum(a)::float8 AS t FROM cell GROUP BY item
        ) AS told USING (item)
    )
    SELECT GROUPING(step, category, source) AS by, step, category, source, {SUMS}
    FROM by_item GROUP BY GROUPING SETS ((step), (category), (source), ())"""  # noqa: S608
# Between reviewers: a_u of every cell with two ratings or more; a flag is an answer there.
BETWEEN = f"""{RATINGS}, cell AS (
        SELECT item, (sum(n * n) - sum(n)) / (sum(n) * (sum(n) - 1)) AS a
        FROM counted GROUP BY item, criterion, check_id HAVING sum(n) > 1
    ){BY_ITEM}"""  # noqa: S608
# Machine and reviewers: b_u of every check with a verdict and an unflagged rating.
WITH_MACHINE = f"""{RATINGS}, cell AS (
        SELECT item, avg((value = k.auto_eval)::int) AS a
        FROM rating JOIN runs_checkresult k ON k.id = check_id AND k.auto_eval IN ('pass', 'fail')
        WHERE NOT flagged GROUP BY item, check_id
    ){BY_ITEM}"""  # noqa: S608
# The same ratings one by one with where they come from, for what is told by person: faster there.
INDEPENDENT = f"""
    WITH text AS (
        SELECT v.id AS version, jsonb_path_query(
            v.shape, '$.sections[*].criteria[*] ? (@.kind == "text").key') #>> '{{}}' AS key
        FROM reviews_rubricversion v JOIN reviews_rubric u ON u.id = v.rubric_id
        WHERE u.team_id = %(team)s
    ), rating AS (
        SELECT i.id AS item, a.criterion, a.check_result_id AS check_id, r.reviewer_id AS reviewer,
            CASE WHEN a.flagged THEN '' ELSE coalesce(a.labels::text, a.value) END AS value,
            a.flagged,
            {STEP.format("i.revealed_at")} AS step, {CATEGORY} AS category, {SOURCE} AS source
        FROM reviews_queue q
        JOIN reviews_queueitem i ON i.queue_id = q.id AND i.revealed_at >= %(start)s
            AND i.revealed_at < %(end)s
        JOIN reviews_reviewanswer a ON a.queue_id = q.id AND a.queue_item_id = i.id
            AND a.is_rating AND (a.value IS NOT NULL OR a.flagged)
        JOIN reviews_review r ON r.id = a.review_id AND r.reviewer_kind = 'human'
            AND r.draft IS NULL
        {EVIDENCE}
        WHERE {NARROWED} AND NOT EXISTS (
            SELECT FROM text WHERE version = q.rubric_version_id AND key = a.criterion)
    )"""  # noqa: S608
