# ruff: noqa: E501
"""The cast table: what each person gets from each route. One line per route and method.

Answers: `ok` (done or shown), `403` (visible, refused), `404` (does not exist for them), `in` (asked
to sign in: 302 or 401), or the number of another status. `row` names a row of Eva's (world.py);
`body` is a form (`a=1&b=2`) or a name in world.BODIES. A route with `*` stands for those that have
no line of their own. Routes under /api/ are called with each person's key, pages with their cookie;
`key` is a key of Eva's that was revoked.
"""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase

PEOPLE = ("olga", "adam", "eva", "emil", "tess", "otto", "anon", "key")

TABLE = """
route                                method row        olga adam eva  emil tess otto anon key  body

# the platform
front                                GET    -          ok   ok   ok   ok   ok   ok   in   in
healthz                              GET    -          ok   ok   ok   ok   ok   ok   ok   ok
readyz                               GET    -          503  503  503  503  503  503  503  503
no-team                              GET    -          ok   ok   ok   ok   ok   ok   in   in
home                                 GET    -          ok   ok   ok   ok   ok   404  in   in
help                                 GET    -          ok   ok   ok   ok   ok   404  in   in
job-progress                         GET    job        404  404  ok   404  404  404  in   in
job-cancel                           POST   job        404  404  ok   404  404  404  in   in
notifications                        GET    -          ok   ok   ok   ok   ok   404  in   in
notification-panel                   GET    -          ok   ok   ok   ok   ok   404  in   in
notifications-read                   POST   -          ok   ok   ok   ok   ok   404  in   in
notification-read                    POST   notification 404  404  ok   404  404  404  in   in
api-notifications                    GET    -          ok   ok   ok   ok   ok   ok   in   in
api-notifications-read               POST   -          ok   ok   ok   ok   ok   ok   in   in
api-notification-read                POST   notification 404  404  ok   404  404  404  in   in
notification-open                    GET    notification 404  404  ok   404  404  404  in   in
api-job                              GET    job        404  404  ok   404  404  404  in   in
api-schema                           GET    -          ok   ok   ok   ok   ok   ok   ok   ok
api-docs                             GET    -          ok   ok   ok   ok   ok   ok   ok   ok
api-not-found                        GET    nowhere    404  404  404  404  404  404  404  404

# people, keys, audit
members                              GET    -          ok   ok   403  403  403  404  in   in
members                              POST   -          ok   ok   403  403  403  404  in   in    email=new@example.org&role=tester
member                               GET    membership ok   ok   403  403  403  404  in   in
member                               POST   membership ok   ok   403  403  403  404  in   in    role=tester
member-remove                        GET    membership ok   ok   403  403  403  404  in   in
member-remove                        POST   membership ok   ok   403  403  403  404  in   in
invitation-revoke                    POST   invitation ok   ok   403  403  403  404  in   in
invitation-accept                    GET    token      ok   ok   ok   ok   ok   ok   ok   ok
invitation-accept                    POST   token      403  403  403  403  403  403  422  422
keys                                 GET    -          ok   ok   ok   ok   ok   404  in   in
keys                                 POST   -          ok   ok   ok   ok   ok   404  in   in    name=laptop&expires=90
key-revoke                           GET    api_key    ok   ok   ok   404  404  404  in   in
key-revoke                           POST   api_key    ok   ok   ok   404  404  404  in   in
profile                              GET    -          ok   ok   ok   ok   ok   404  in   in
profile                              POST   -          ok   ok   ok   ok   ok   404  in   in    name=Somebody
own-profile                          GET    -          ok   ok   ok   ok   ok   ok   in   in
team-settings                        GET    -          ok   ok   403  403  403  404  in   in
team-settings                        POST   -          ok   ok   403  403  403  404  in   in    name=Beacon
team-delete                          POST   -          ok   403  403  403  403  404  in   in    confirm=Lighthouse
audit                                GET    -          ok   ok   403  403  403  404  in   in
audit-export                         POST   -          ok   ok   403  403  403  404  in   in    format=csv

# sessions, labels, exports
session-upload                       GET    -          ok   ok   ok   ok   403  404  in   in
session-upload                       POST   -          422  422  422  422  403  404  in   in
session-imports                      GET    -          ok   ok   ok   ok   403  404  in   in
session-import                       GET    import     404  404  ok   404  403  404  in   in
session-import-commit                POST   import     404  404  ok   404  403  404  in   in
session-import-check                 POST   import     404  404  ok   404  403  404  in   in
session-import-discard               POST   import     404  404  ok   404  403  404  in   in
api-sessions                         POST   -          ok   ok   ok   ok   403  ok   in   in    intake
api-export-direct                    GET    -          ok   ok   ok   404  404  404  in   in    format=text
exports                              GET    -          ok   ok   ok   ok   ok   404  in   in
exports                              POST   -          ok   ok   ok   ok   ok   404  in   in    format=text&turn_mode=full&scope=all&token=0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f
export-dialog                        GET    -          ok   ok   ok   ok   ok   404  in   in
export-dialog                        POST   -          ok   ok   ok   ok   ok   404  in   in    scope=all
export                               GET    export     404  404  ok   404  404  404  in   in
export-download                      GET    export     404  404  ok   404  404  404  in   in
export-manifest                      GET    export     404  404  ok   404  404  404  in   in
export-again                         POST   export     404  404  ok   404  404  404  in   in    token=0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f
api-exports                          GET    -          ok   ok   ok   ok   ok   ok   in   in
api-exports                          POST   -          ok   ok   ok   ok   ok   ok   in   in    export
api-export                           GET    export     404  404  ok   404  404  404  in   in
api-export-download                  GET    export     404  404  ok   404  404  404  in   in
api-export-manifest                  GET    export     404  404  ok   404  404  404  in   in
sessions                             GET    -          ok   ok   ok   ok   ok   404  in   in
session-choices                      GET    -          ok   ok   ok   ok   ok   404  in   in
session                              GET    session    ok   ok   ok   404  404  404  in   in
dataset-rules                        GET    rule       ok   ok   ok   404  404  404  in   in
rule-create                          GET    rule       ok   ok   ok   404  404  404  in   in
rule-create                          POST   rule       ok   ok   ok   404  404  404  in   in    name=New&lookback_days=30&quiet_minutes=10
rule-count                           GET    rule       ok   ok   ok   404  404  404  in   in
rule                                 GET    rule       ok   ok   ok   404  404  404  in   in
rule-edit                            GET    rule       ok   ok   ok   404  404  404  in   in
rule-edit                            POST   rule       ok   ok   ok   404  404  404  in   in    name=New&lookback_days=30&quiet_minutes=10
rule-switch                          POST   rule       ok   ok   ok   404  404  404  in   in    enabled=0
rule-poll                            POST   rule       ok   ok   ok   404  404  404  in   in
rule-delete                          POST   rule       ok   ok   ok   404  404  404  in   in
clone-dialog                         GET    -          422  422  422  422  403  404  in   in
clone-dialog                         POST   -          ok   ok   ok   ok   403  404  in   in    scope=all
clone-start                          POST   -          ok   ok   ok   422  403  404  in   in    clone
clone                                GET    clone      404  404  ok   404  404  404  in   in
dataset-clone                        GET    dataset    ok   ok   ok   404  404  404  in   in
api-dataset-clone                    POST   dataset    ok   ok   ok   404  403  404  in   in    api-clone
session-messages                     GET    session    ok   ok   ok   404  404  404  in   in
session-label                        GET    session    ok   ok   ok   404  404  404  in   in
session-label                        POST   session    ok   ok   ok   404  404  404  in   in    status=golden
session-expected-output              GET    session    ok   ok   ok   404  404  404  in   in
session-expected-output              POST   session    ok   ok   ok   404  404  404  in   in    expected_output=x
session-history                      GET    session    ok   ok   ok   404  404  404  in   in
label-many                           POST   -          ok   ok   ok   ok   403  404  in   in    label-eva
label-jobs                           GET    -          ok   ok   ok   ok   403  404  in   in
label-undo                           POST   -          409  409  409  409  403  404  in   in
evals                                GET    -          ok   ok   ok   ok   ok   404  in   in
eval-rows                            GET    -          ok   ok   ok   ok   ok   404  in   in
eval-stats                           GET    -          ok   ok   ok   ok   ok   404  in   in
api-sessions                         GET    -          ok   ok   ok   ok   ok   ok   in   in
api-session                          GET    session    ok   ok   ok   404  404  404  in   in
api-session-label                    PATCH  session    ok   ok   ok   404  403  404  in   in    api-label
api-labels                           POST   -          ok   ok   ok   ok   403  ok   in   in    api-labels

# analysis
analysis                             GET    -          ok   ok   403  403  403  404  in   in
analysis-team                        GET    -          ok   ok   403  403  403  404  in   in
analysis-labels                      GET    -          ok   ok   403  403  403  404  in   in
analysis-registry                    GET    -          ok   ok   403  403  403  404  in   in
home-quality                         GET    -          ok   ok   403  403  403  404  in   in
run-analysis                         GET    run        ok   ok   ok   404  404  404  in   in
api-quality                          GET    -          ok   ok   403  403  403  ok   in   in
api-team-review                      GET    -          ok   ok   403  403  403  ok   in   in
api-behavior                         GET    -          ok   ok   403  403  403  ok   in   in
api-registry                         GET    -          ok   ok   403  403  403  ok   in   in
api-readiness                        GET    -          ok   ok   403  403  403  ok   in   in
api-run-analysis                     GET    run        ok   ok   ok   404  404  404  in   in

# datasets
output-import                        GET    -          ok   ok   ok   ok   ok   404  in   in
output-import                        POST   -          422  422  422  422  422  404  in   in    text=a
readiness                            GET    -          ok   ok   403  403  403  404  in   in
api-run-outputs                      POST   -          ok   ok   ok   404  404  404  in   in    api-outputs
run-export-dialog                    GET    run        ok   ok   ok   404  404  404  in   in
run-reviews-export                   GET    run        ok   ok   ok   404  404  404  in   in
run-reviews-export                   POST   run        ok   ok   ok   404  404  404  in   in    format=lab-json&tables=csv&token=00000000-0000-4000-8000-000000000003
queue-export                         GET    queue      ok   ok   ok   404  404  404  in   in
queue-export                         POST   queue      ok   ok   ok   404  404  404  in   in    format=review-tables&tables=csv&token=00000000-0000-4000-8000-000000000004
run-export-dialog                    POST   run        ok   ok   ok   404  404  404  in   in    format=run-csv&tables=csv&token=00000000-0000-4000-8000-000000000002
dataset-export-dialog                GET    dataset    ok   ok   ok   404  404  404  in   in
dataset-export-dialog                POST   dataset    ok   ok   ok   404  404  404  in   in    format=dataset-csv&version=2&token=00000000-0000-4000-8000-000000000001
datasets                             GET    -          ok   ok   ok   ok   ok   404  in   in
dataset-create                       GET    -          ok   ok   ok   ok   403  404  in   in
dataset-create                       POST   -          ok   ok   ok   ok   403  404  in   in    name=Rivers&level=message
dataset                              GET    dataset    ok   ok   ok   404  404  404  in   in
dataset-items                        GET    dataset    ok   ok   ok   404  404  404  in   in
dataset-settings                     GET    dataset    ok   ok   ok   404  404  404  in   in
dataset-settings                     POST   dataset    ok   ok   ok   404  404  404  in   in    name=Rivers
dataset-share                        POST   dataset    ok   ok   ok   404  404  404  in   in    is_shared=0
dataset-restore                      POST   dataset    ok   ok   ok   404  403  404  in   in
dataset-delete                       POST   dataset    ok   ok   ok   404  404  404  in   in
datasets-import-upload               GET    -          ok   ok   ok   ok   403  404  in   in
datasets-import-upload               POST   -          422  422  422  422  403  404  in   in
dataset-import-upload                GET    dataset    ok   ok   ok   404  403  404  in   in
dataset-import-upload                POST   dataset    422  422  422  404  403  404  in   in
dataset-import-example               GET    -          ok   ok   ok   ok   403  404  in   in    format=suite-csv
dataset-imports                      GET    -          ok   ok   ok   ok   403  404  in   in
dataset-import                       GET    dataset_import 404  404  ok   404  403  404  in   in
dataset-import-commit                POST   dataset_import 404  404  ok   404  403  404  in   in
dataset-import-check                 POST   dataset_import 404  404  ok   404  403  404  in   in
dataset-import-discard               POST   dataset_import 404  404  ok   404  403  404  in   in
dataset-import-undo                  POST   dataset_import 404  404  ok   404  403  404  in   in
dataset-import-options               POST   dataset_import 404  404  422  404  403  404  in   in
dataset-import-name                  POST   dataset_import 404  404  ok   404  403  404  in   in    title=Rivers
dataset-import-errors                GET    dataset_import 404  404  ok   404  403  404  in   in

item                                 GET    item       ok   ok   ok   404  404  404  in   in
item-create                          GET    dataset    ok   ok   ok   404  403  404  in   in
item-create                          POST   dataset    ok   ok   ok   404  403  404  in   in    input=Which&checks-TOTAL_FORMS=0&checks-INITIAL_FORMS=0
item-edit                            GET    item       ok   ok   ok   404  404  404  in   in
item-edit                            POST   item       ok   ok   ok   404  404  404  in   in    input=Which&checks-TOTAL_FORMS=0&checks-INITIAL_FORMS=0
item-inline                          GET    item       ok   ok   ok   404  404  404  in   in
item-inline                          POST   item       ok   ok   ok   404  404  404  in   in    input=Which
item-move                            POST   item       ok   ok   ok   404  404  404  in   in    to=up
item-act                             POST   dataset    ok   ok   ok   404  404  404  in   in    act=tag&tags=a
dataset-undo                         POST   dataset    409  409  409  404  404  404  in   in
attachment                           GET    file_of_dataset ok   ok   ok   404  404  404  in   in
dataset-checks                       GET    dataset    ok   ok   ok   404  404  404  in   in
dataset-checks                       POST   dataset    ok   ok   ok   404  404  404  in   in    checks-TOTAL_FORMS=0&checks-INITIAL_FORMS=0
dataset-versions                     GET    dataset    ok   ok   ok   404  404  404  in   in
dataset-version                      GET    version    ok   ok   ok   404  404  404  in   in
dataset-version-title                POST   version    ok   ok   ok   404  404  404  in   in    title=First
dataset-version-finish               POST   version    ok   ok   ok   404  404  404  in   in
dataset-version-restore              POST   version    ok   ok   ok   404  404  404  in   in
dataset-diff                         GET    diff       ok   ok   ok   404  404  404  in   in
api-datasets                         GET    -          ok   ok   ok   ok   ok   ok   in   in
api-datasets                         POST   -          ok   ok   ok   ok   403  ok   in   in    api-dataset
api-dataset                          GET    dataset    ok   ok   ok   404  404  404  in   in
api-dataset                          PATCH  dataset    ok   ok   ok   404  403  404  in   in    api-shared
api-dataset                          DELETE dataset    ok   ok   ok   404  403  404  in   in
api-items                            GET    dataset    ok   ok   ok   404  404  404  in   in
api-items                            POST   dataset    ok   ok   ok   404  403  404  in   in    api-item
api-items                            PATCH  dataset    ok   ok   ok   404  403  404  in   in    api-items
api-items                            DELETE dataset    ok   ok   ok   404  403  404  in   in    api-ids
api-item                             GET    item       ok   ok   ok   404  404  404  in   in
api-item                             PATCH  item       ok   ok   ok   404  403  404  in   in    api-item
api-item                             DELETE item       ok   ok   ok   404  403  404  in   in
api-item-checks                      GET    item       ok   ok   ok   404  404  404  in   in
api-item-checks                      PUT    item       ok   ok   ok   404  403  404  in   in    api-checks
api-global-checks                    GET    dataset    ok   ok   ok   404  404  404  in   in
api-global-checks                    PUT    dataset    ok   ok   ok   404  403  404  in   in    api-checks
api-versions                         GET    dataset    ok   ok   ok   404  404  404  in   in
api-version                          GET    version    ok   ok   ok   404  404  404  in   in
api-version-diff                     GET    version    ok   ok   ok   404  404  404  in   in
api-version-restore                  POST   version    ok   ok   ok   404  403  404  in   in    api-title
api-imports                          GET    -          ok   ok   ok   ok   ok   ok   in   in
api-imports                          POST   -          400  400  400  400  403  400  in   in
api-import                           GET    dataset_import 404  404  ok   404  404  404  in   in
api-import-commit                    POST   dataset_import 404  404  409  404  403  404  in   in    api-title
api-import-options                   POST   dataset_import 404  404  ok   404  403  404  in   in    api-options
api-import-discard                   POST   dataset_import 404  404  ok   404  403  404  in   in
api-import-undo                      POST   dataset_import 404  404  409  404  403  404  in   in
api-attachments                      GET    dataset    ok   ok   ok   404  404  404  in   in
api-attachment                       GET    file_of_dataset ok   ok   ok   404  404  404  in   in

# runs to be read
runs                                 GET    -          ok   ok   ok   ok   ok   404  in   in
run                                  GET    run        ok   ok   ok   404  404  404  in   in
run-act                              POST   run        ok   ok   ok   404  404  404  in   in    act=share&is_shared=1
run-item                             GET    run_item   ok   ok   ok   404  404  404  in   in
run-items                            GET    run        ok   ok   ok   404  404  404  in   in
run-progress                         GET    run        ok   ok   ok   404  404  404  in   in
run-compare                          GET    run        ok   ok   ok   404  404  404  in   in
run-override                         POST   result     ok   ok   ok   404  404  404  in   in    verdict=fail&feedback=Why

# evaluators and configurations
evaluators                           GET    -          ok   ok   ok   ok   ok   404  in   in
evaluator-create                     GET    -          ok   ok   ok   ok   403  404  in   in
evaluator-create                     POST   -          ok   ok   ok   ok   403  404  in   in    name=Polite&level=message&kind=judge&prompt=Is{output.content}polite?&answers=binary
evaluator-preview                    POST   -          ok   ok   ok   ok   ok   404  in   in    level=message&prompt=Is{output.content}polite?
evaluator-edit                       GET    evaluator  ok   ok   ok   404  404  404  in   in
evaluator-edit                       POST   evaluator  ok   ok   ok   404  404  404  in   in    name=Polite&kind=judge&prompt=Is{output.content}polite?&answers=binary
evaluator-restore                    POST   evaluator  ok   ok   ok   404  403  404  in   in
evaluator-delete                     POST   evaluator  ok   ok   ok   404  404  404  in   in
configs                              GET    -          ok   ok   ok   ok   ok   404  in   in
dataset-runs                         GET    dataset    ok   ok   ok   404  404  404  in   in
config-create                        GET    -          ok   ok   ok   ok   403  404  in   in
config-create                        POST   -          422  422  422  422  403  404  in   in    name=Nightly
config                               GET    config     ok   ok   ok   404  404  404  in   in
config-edit                          GET    config     ok   ok   ok   404  404  404  in   in
config-edit                          POST   config     ok   ok   ok   404  404  404  in   in    config
config-restore                       POST   config     ok   ok   ok   404  403  404  in   in
config-delete                        POST   config     ok   ok   ok   404  404  404  in   in
config-start                         POST   config     ok   ok   ok   404  404  404  in   in    kind=preview

# starting runs
run-new                              GET    -          ok   ok   ok   ok   ok   404  in   in
run-custom                           GET    -          ok   ok   ok   ok   ok   404  in   in
run-custom                           POST   -          422  422  422  422  422  404  in   in    what=prompts
run-auto                             GET    -          ok   ok   ok   ok   ok   404  in   in
run-auto                             POST   -          422  422  422  422  422  404  in   in    seed=1
run-batch                            GET    -          ok   ok   ok   ok   403  404  in   in
run-batch                            POST   -          422  422  422  422  403  404  in   in    seed=1
batch                                GET    batch      ok   ok   ok   404  404  404  in   in
templates                            GET    -          ok   ok   ok   ok   ok   404  in   in
template-create                      GET    -          ok   ok   403  403  403  404  in   in
template-create                      POST   -          ok   ok   403  403  403  404  in   in    title=Rain&category=Travel&template_key=rain&text=Willitrain?
template-edit                        GET    template   ok   ok   403  403  403  404  in   in
template-edit                        POST   template   ok   ok   403  403  403  404  in   in    title=Rain&category=Travel&template_key=rain&text=Willitrain?
template-switch                      POST   template   ok   ok   403  403  403  404  in   in    is_enabled=0
admin:runs_prompttemplate_change     POST   template   ok   ok   403  403  403  404  in   in    title=x

# runs over HTTP
api-evaluators                       GET    -          ok   ok   ok   ok   ok   ok   in   in
api-evaluators                       POST   -          ok   ok   ok   ok   403  ok   in   in    api-evaluator
api-evaluator                        GET    evaluator  ok   ok   ok   404  404  404  in   in
api-evaluator                        PATCH  evaluator  ok   ok   ok   404  403  404  in   in    api-shared
api-evaluator                        DELETE evaluator  ok   ok   ok   404  403  404  in   in
api-configs                          GET    -          ok   ok   ok   ok   ok   ok   in   in
api-configs                          POST   -          ok   ok   ok   400  403  400  in   in    api-config
api-config                           GET    config     ok   ok   ok   404  404  404  in   in
api-config                           PATCH  config     ok   ok   ok   404  403  404  in   in    api-shared
api-config                           DELETE config     ok   ok   ok   404  403  404  in   in
api-config-start                     POST   config     ok   ok   ok   404  404  404  in   in    api-start
api-runs                             GET    -          ok   ok   ok   ok   ok   ok   in   in
api-runs                             POST   -          ok   ok   ok   400  400  400  in   in    api-launch
api-run                              GET    run        ok   ok   ok   404  404  404  in   in
api-run                              PATCH  run        ok   ok   ok   404  404  404  in   in    api-shared
api-run                              DELETE run        ok   ok   ok   404  404  404  in   in
api-run-progress                     GET    run        ok   ok   ok   404  404  404  in   in
api-run-pause                        POST   run        409  409  409  404  404  404  in   in
api-run-resume                       POST   run        409  409  409  404  404  404  in   in
api-run-cancel                       POST   run        409  409  409  404  404  404  in   in
api-run-retry                        POST   run        409  409  409  404  404  404  in   in
api-run-analyse                      POST   run        ok   ok   ok   404  404  404  in   in
api-run-items                        GET    run        ok   ok   ok   404  404  404  in   in
api-run-item                         GET    run_item   ok   ok   ok   404  404  404  in   in
api-run-item-checks                  GET    run_item   ok   ok   ok   404  404  404  in   in
api-check-result                     GET    result     ok   ok   ok   404  404  404  in   in
api-override                         PUT    result     ok   ok   ok   404  404  404  in   in    api-override
api-override                         DELETE result     ok   ok   ok   404  404  404  in   in
api-run-compare                      GET    two_runs   ok   ok   ok   404  404  404  in   in
api-run-compare-items                GET    two_runs   ok   ok   ok   404  404  404  in   in

# rubrics
rubrics                              GET    -          ok   ok   ok   ok   ok   404  in   in
rubric                               GET    own_rubric ok   ok   ok   ok   ok   404  in   in
rubric-create                        GET    -          ok   ok   ok   ok   403  404  in   in
rubric-create                        POST   -          ok   ok   ok   ok   403  404  in   in    rubric
rubric-preview                       POST   -          ok   ok   ok   ok   403  404  in   in    rubric
rubric-edit                          GET    own_rubric ok   ok   ok   403  403  404  in   in
rubric-edit                          POST   own_rubric ok   ok   ok   403  403  404  in   in    rubric
rubric-delete                        POST   own_rubric ok   ok   ok   403  403  404  in   in
rubric-restore                       POST   own_rubric ok   ok   ok   404  403  404  in   in

# queues and reviews
queues                               GET    -          ok   ok   ok   ok   ok   404  in   in
queue                                GET    queue      ok   ok   ok   404  404  404  in   in
queue-act                            POST   queue      ok   ok   ok   404  404  404  in   in     status=active
queue-create                         GET    -          ok   ok   ok   ok   403  404  in   in
queue-create                         POST   -          ok   ok   ok   ok   403  404  in   in     queue-form
queue-preview                        POST   -          ok   ok   ok   ok   403  404  in   in     plan=all&seed=1
queue-choose                         GET    -          422  422  422  422  403  404  in   in
queue-choose                         POST   -          ok   ok   ok   ok   403  404  in   in     scope=all
queue-edit                           GET    queue      ok   ok   ok   404  403  404  in   in
queue-edit                           POST   queue      ok   ok   ok   404  403  404  in   in     queue-form
queue-add                            GET    queue      ok   ok   ok   404  403  404  in   in
queue-add                            POST   queue      ok   ok   ok   404  403  404  in   in     scope=all
queue-assign                         GET    queue      ok   ok   ok   404  403  404  in   in
queue-assign                         POST   queue      ok   ok   ok   404  403  404  in   in
run-review                           GET    run        ok   ok   ok   404  404  404  in   in
dataset-to-queue                     GET    dataset    422  422  422  404  403  404  in   in
dataset-to-queue                     POST   dataset    ok   ok   ok   404  403  404  in   in     scope=all
dataset-from-queue                   GET    dataset    ok   ok   ok   404  403  404  in   in
dataset-from-queue                   POST   dataset    422  422  422  404  403  404  in   in
review                               GET    queue      ok   ok   ok   404  404  404  in   in
review-item                          GET    review_item 404  404  ok   404  404  404  in   in
review-material                      GET    review_item 404  404  ok   404  404  404  in   in     view=raw
review-file                          GET    review_file 404  404  404  404  404  404  in   in
review-draft                         PUT    review_item 404  404  ok   404  404  404  in   in     review-draft
review-draft                         DELETE review_item 404  404  ok   404  404  404  in   in
review-save                          POST   review_item 404  404  ok   404  404  404  in   in     review-save
review-skip                          POST   review_item 404  404  ok   404  404  404  in   in
review-decline                       POST   review_item 404  404  409  404  404  404  in   in     reason=x
review-renew                         POST   review_item 404  404  ok   404  404  404  in   in
review-history                       GET    review_item ok   ok   ok   404  404  404  in   in
queue-agreement                      GET    queue      ok   ok   ok   404  404  404  in   in
queue-agreement-items                GET    queue      ok   ok   ok   404  404  404  in   in
run-agreement                        GET    run        ok   ok   ok   404  404  404  in   in
queue-workload                       GET    queue      ok   ok   ok   404  404  404  in   in

# finishing a review
queue-finalise                       GET    queue      ok   ok   ok   404  404  404  in   in
queue-finalise                       POST   queue      ok   ok   ok   404  404  404  in   in
queue-reopen                         POST   queue      ok   ok   403  403  403  404  in   in     reason=x
run-review-state                     GET    run        ok   ok   ok   404  404  404  in   in
api-lifecycle                        GET    queue      ok   ok   ok   404  404  404  in   in
api-finalise                         POST   queue      409  409  409  404  404  404  in   in
api-reopen                           POST   queue      ok   ok   403  403  403  404  in   in    api-reopen
api-seals                            GET    queue      ok   ok   ok   404  404  404  in   in
api-seal-check                       GET    queue      ok   ok   ok   404  404  404  in   in


# behavioral labels
behavioral                           GET    run        ok   ok   ok   404  404  404  in   in
behavioral-charts                    GET    run        ok   ok   403  403  403  404  in   in
behavioral-item                      GET    run_item   ok   ok   403  404  404  404  in   in
behavioral-material                  GET    run_item   ok   ok   403  404  404  404  in   in     view=raw
behavioral-file                      GET    label_file 404  404  403  404  404  404  in   in
behavioral-draft                     PUT    run_item   ok   ok   403  404  404  404  in   in     label-draft
behavioral-draft                     DELETE run_item   ok   ok   403  404  404  404  in   in
behavioral-save                      POST   run_item   ok   ok   403  404  404  404  in   in     label-save

# adjudication
queue-adjudicate                     GET    queue      ok   ok   403  403  403  404  in   in
adjudicate-next                      GET    queue      ok   ok   403  403  403  404  in   in
adjudicate-item                      GET    review_item ok  ok   403  403  403  404  in   in
adjudicate-material                  GET    review_item ok  ok   403  403  403  404  in   in     view=raw
adjudicate-file                      GET    review_file 404 404  403  403  403  404  in   in
adjudicate-send                      POST   review_item ok  ok   403  403  403  404  in   in
adjudicate-save                      POST   review_item ok  ok   403  403  403  404  in   in     adjudicate-save
contest-answer                       POST   queue_contest ok ok  403  403  403  404  in   in     answer=Yes
queue-differences                    GET    queue      ok   ok   ok   404  404  404  in   in
contest                              POST   queue_settled 403 403 ok  404  404  404  in   in     note=No
api-waiting                          GET    queue      ok   ok   403  403  403  404  in   in
api-second-look                      GET    queue      ok   ok   403  403  403  404  in   in
api-send                             POST   review_item 409 409 403  403  403  404  in   in
api-adjudications                    GET    review_item ok  ok   ok   404  404  404  in   in
api-adjudications                    POST   review_item ok  ok   403  403  403  404  in   in     api-adjudicate
api-contests                         GET    queue      ok   ok   ok   404  404  404  in   in
api-contest                          POST   adjudication 403 403 409  404  404  404  in   in     api-contest
api-contest-answer                   POST   contest    ok   ok   403  403  403  404  in   in     api-answer

# queues and reviews over HTTP
api-rubrics                          GET    -          ok   ok   ok   ok   ok   ok   in   in
api-rubrics                          POST   -          ok   ok   ok   ok   403  ok   in   in    api-rubric
api-rubric                           GET    rubric     ok   ok   ok   ok   ok   404  in   in
api-rubric                           PATCH  rubric     403  403  403  403  403  404  in   in    api-name
api-rubric                           DELETE rubric     403  403  403  403  403  404  in   in
api-rubric-versions                  GET    rubric     ok   ok   ok   ok   ok   404  in   in
api-rubric-version                   GET    rubric_number ok   ok   ok   ok   ok   404  in   in
api-queues                           GET    -          ok   ok   ok   ok   ok   ok   in   in
api-queues                           POST   -          ok   ok   ok   ok   403  ok   in   in    api-queue
api-queue                            GET    queue      ok   ok   ok   404  404  404  in   in
api-queue                            PATCH  queue      ok   ok   ok   404  403  404  in   in    api-name
api-queue-status                     POST   queue      ok   ok   ok   404  403  404  in   in    api-status
api-queue-reviewers                  GET    queue      ok   ok   ok   404  404  404  in   in
api-queue-reviewers                  PUT    queue      ok   ok   ok   404  403  404  in   in    api-reviewers
api-queue-sessions                   POST   queue      ok   ok   ok   404  403  404  in   in    api-session-ids
api-queue-rows                       POST   queue      400  400  400  404  403  404  in   in    api-empty
api-queue-items                      GET    queue      ok   ok   ok   404  404  404  in   in
api-agreement                        GET    queue      ok   ok   ok   404  404  404  in   in
api-agreement-csv                    GET    queue      ok   ok   ok   404  404  404  in   in
api-agreement-items                  GET    queue      ok   ok   ok   404  404  404  in   in
api-claim                            POST   queue      ok   ok   ok   404  404  404  in   in
api-given                            GET    review_item 404  404  ok   404  404  404  in   in
api-given-open                       POST   review_item 404  404  ok   404  404  404  in   in
api-heartbeat                        POST   review_item 404  404  409  404  404  404  in   in    api-token
api-skip                             POST   review_item 404  404  409  404  404  404  in   in    api-token
api-decline                          POST   review_item 404  404  409  404  404  404  in   in    api-decline
api-draft                            GET    review_item 404  404  ok   404  404  404  in   in
api-draft                            PUT    review_item 404  404  ok   404  404  404  in   in    api-draft
api-draft                            DELETE review_item 404  404  ok   404  404  404  in   in
api-save                             POST   review_item 404  404  ok   404  404  404  in   in    api-save
api-given-messages                   GET    review_item 404  404  ok   404  404  404  in   in
api-given-text                       GET    review_text 404  404  ok   404  404  404  in   in
api-given-file                       GET    review_file 404  404  404  404  404  404  in   in
api-reviews                          GET    -          ok   ok   ok   ok   ok   ok   in   in
api-review                           GET    review     404  404  ok   404  404  404  in   in
api-own-label                        GET    run_item   404  404  403  404  404  404  in   in
api-own-label                        PUT    run_item   ok   ok   403  404  404  404  in   in    api-own-label
api-own-label                        DELETE run_item   404  404  403  404  404  404  in   in
api-run-labels                       GET    run        ok   ok   ok   404  404  404  in   in
api-label-distribution               GET    run        ok   ok   403  403  403  404  in   in

# webhooks
webhooks                             GET    -          ok   ok   403  403  403  404  in   in
webhook-create                       GET    -          ok   ok   403  403  403  404  in   in
webhook-create                       POST   -          ok   ok   403  403  403  404  in   in     webhook
webhook                              GET    webhook    ok   ok   403  403  403  404  in   in
webhook                              POST   webhook    ok   ok   403  403  403  404  in   in     webhook
webhook-test                         POST   webhook    ok   ok   403  403  403  404  in   in
webhook-delete                       POST   webhook    ok   ok   403  403  403  404  in   in
delivery-again                       POST   delivery   ok   ok   403  403  403  404  in   in
api-webhooks                         GET    -          ok   ok   403  403  403  ok   in   in
api-webhooks                         POST   -          ok   ok   403  403  403  ok   in   in     api-webhook
api-webhook                          GET    webhook    ok   ok   403  403  403  404  in   in
api-webhook                          PATCH  webhook    ok   ok   403  403  403  404  in   in     api-name
api-webhook                          DELETE webhook    ok   ok   403  403  403  404  in   in
api-webhook-test                     POST   webhook    ok   ok   403  403  403  404  in   in
api-deliveries                       GET    webhook    ok   ok   403  403  403  404  in   in
api-delivery-again                   POST   delivery   ok   ok   403  403  403  404  in   in

# sign-in: about the signed-in person alone
account_login                        GET    -          ok   ok   ok   ok   ok   ok   ok   ok
account_logout                       GET    -          ok   ok   ok   ok   ok   ok   ok   ok
account_logout                       POST   -          ok   ok   ok   ok   ok   ok   ok   ok
account_inactive                     GET    -          ok   ok   ok   ok   ok   ok   ok   ok
account_signup                       GET    -          ok   ok   ok   ok   ok   ok   ok   ok
account_signup                       POST   -          ok   ok   ok   ok   ok   ok   ok   ok
account_reauthenticate               GET    -          ok   ok   ok   ok   ok   ok   in   in
account_email                        GET    -          ok   ok   ok   ok   ok   ok   in   in
account_email_verification_sent      GET    -          ok   ok   ok   ok   ok   ok   ok   ok
account_change_password              GET    -          ok   ok   ok   ok   ok   ok   in   in
account_set_password                 GET    -          ok   ok   ok   ok   ok   ok   in   in
account_reset_password               GET    -          ok   ok   ok   ok   ok   ok   ok   ok
account_reset_password_done          GET    -          ok   ok   ok   ok   ok   ok   ok   ok
account_reset_password_from_key      GET    reset      ok   ok   ok   ok   ok   ok   ok   ok
account_reset_password_from_key_done GET    -          ok   ok   ok   ok   ok   ok   ok   ok
account_confirm_email                GET    email      ok   ok   ok   ok   ok   ok   ok   ok
account_confirm_login_code           GET    -          ok   ok   ok   ok   ok   ok   in   in
mfa_index                            GET    -          ok   ok   ok   ok   ok   ok   in   in
mfa_authenticate                     GET    -          ok   ok   ok   ok   ok   ok   in   in
mfa_reauthenticate                   GET    -          ok   ok   ok   ok   ok   ok   in   in
mfa_activate_totp                    GET    -          ok   ok   ok   ok   ok   ok   in   in
mfa_deactivate_totp                  GET    -          404  404  404  404  404  404  in   in
mfa_view_recovery_codes              GET    -          404  404  404  404  404  404  in   in
mfa_generate_recovery_codes          GET    -          ok   ok   ok   ok   ok   ok   in   in
mfa_download_recovery_codes          GET    -          404  404  404  404  404  404  in   in

# endpoints
endpoints                            GET    -          ok   ok   ok   ok   ok   404  in   in
endpoint-create                      GET    -          ok   ok   ok   ok   403  404  in   in
endpoint-create                      POST   -          ok   ok   ok   ok   403  404  in   in    endpoint
endpoint-edit                        GET    endpoint   ok   ok   ok   404  404  404  in   in
endpoint-edit                        POST   endpoint   ok   ok   ok   404  404  404  in   in    endpoint
endpoint-test                        POST   endpoint   ok   ok   ok   404  404  404  in   in
endpoint-delete                      POST   endpoint   ok   ok   ok   404  404  404  in   in
api-endpoints                        GET    -          ok   ok   ok   ok   ok   ok   in   in
api-endpoints                        POST   -          ok   ok   ok   ok   403  ok   in   in    api-endpoint
api-endpoint                         GET    endpoint   ok   ok   ok   404  404  404  in   in
api-endpoint                         PATCH  endpoint   ok   ok   ok   404  403  404  in   in    api-shared
api-endpoint                         DELETE endpoint   ok   ok   ok   404  403  404  in   in
api-endpoint-test                    POST   endpoint   ok   ok   ok   404  404  404  in   in

# the admin: in one's own team, so Otto sees his
admin:index                          GET    -          ok   ok   ok   ok   ok   ok   in   in
admin:app_list                       GET    app        ok   ok   ok   ok   ok   ok   in   in
admin:login                          GET    -          ok   ok   ok   ok   ok   ok   in   in
admin:logout                         GET    -          ok   ok   ok   ok   ok   ok   ok   ok
admin:jsi18n                         GET    -          ok   ok   ok   ok   ok   ok   in   in
admin:team                           POST   -          ok   ok   ok   ok   ok   404  in   in    team=lighthouse
admin:*_changelist                   GET    -          ok   ok   ok   ok   ok   ok   in   in
admin:accounts_invitation_changelist GET    -          ok   ok   403  403  403  ok   in   in
admin:audit_auditevent_changelist    GET    -          ok   ok   403  403  403  ok   in   in
admin:accounts_team_change           GET    team       ok   ok   ok   ok   ok   404  in   in
admin:accounts_team_change           POST   team       ok   ok   403  403  403  404  in   in    name=Beacon
admin:accounts_team_history          GET    team       ok   ok   403  403  403  404  in   in
admin:accounts_membership_change     GET    membership ok   ok   ok   404  404  404  in   in
admin:accounts_membership_change     POST   membership ok   ok   403  403  403  404  in   in    role=tester
admin:accounts_membership_history    GET    membership ok   ok   403  404  404  404  in   in
admin:accounts_membership_changelist POST   -          ok   ok   ok   ok   ok   ok   in   in    end
admin:accounts_invitation_change     GET    invitation ok   ok   403  403  403  404  in   in
admin:accounts_invitation_history    GET    invitation ok   ok   404  404  404  404  in   in
admin:accounts_apikey_change         GET    api_key    ok   ok   ok   404  404  404  in   in
admin:accounts_apikey_history        GET    api_key    ok   ok   403  404  404  404  in   in
admin:accounts_accesslogentry_change GET    call       ok   ok   ok   404  404  404  in   in
admin:accounts_accesslogentry_history GET    call       ok   ok   403  404  404  404  in   in
admin:audit_auditevent_change        GET    event      ok   ok   403  403  403  404  in   in
admin:audit_auditevent_history       GET    event      ok   ok   404  404  404  404  in   in
admin:jobs_job_change                GET    job        404  404  ok   404  404  404  in   in
admin:jobs_job_history               GET    job        404  404  403  404  404  404  in   in
admin:notifications_notification_change GET  notification 404  404  ok   404  404  404  in   in
admin:notifications_notification_history GET notification 404  404  403  404  404  404  in   in
admin:datasets_source_change         GET    source     ok   ok   ok   404  404  404  in   in
admin:datasets_source_history        GET    source     ok   ok   403  404  404  404  in   in
admin:datasets_session_change        GET    session    ok   ok   ok   404  404  404  in   in
admin:datasets_session_change        POST   session    403  403  403  403  403  403  in   in    title=x
admin:datasets_session_history       GET    session    ok   ok   403  404  404  404  in   in
admin:datasets_message_change        GET    message    ok   ok   ok   404  404  404  in   in
admin:datasets_message_history       GET    message    ok   ok   403  404  404  404  in   in
admin:datasets_sessionimport_change  GET    import     404  404  ok   404  404  404  in   in
admin:datasets_sessionimport_history GET    import     404  404  403  404  404  404  in   in
admin:datasets_populationrule_change GET rule_row ok   ok   ok   404  404  404  in   in
admin:datasets_populationrule_history GET rule_row ok   ok   403  404  404  404  in   in
admin:datasets_rulepoll_change GET rule_poll ok   ok   ok   404  404  404  in   in
admin:datasets_rulepoll_history GET rule_poll ok   ok   403  404  404  404  in   in
admin:datasets_dataset_change GET dataset ok   ok   ok   404  404  404  in   in
admin:datasets_dataset_history GET dataset ok   ok   403  404  404  404  in   in
admin:datasets_datasetversion_change GET dataset_version ok   ok   ok   404  404  404  in   in
admin:datasets_datasetversion_history GET dataset_version ok   ok   403  404  404  404  in   in
admin:datasets_datasetitem_change GET item_row ok   ok   ok   404  404  404  in   in
admin:datasets_datasetitem_history GET item_row ok   ok   403  404  404  404  in   in
admin:datasets_attachment_change GET attachment ok   ok   ok   404  404  404  in   in
admin:datasets_attachment_history GET attachment ok   ok   403  404  404  404  in   in
admin:datasets_datasetimport_change GET dataset_import 404  404  ok   404  404  404  in   in
admin:datasets_datasetimport_history GET dataset_import 404  404  403  404  404  404  in   in
admin:datasets_rememberedmapping_change GET mapping 404  404  ok   404  404  404  in   in
admin:datasets_rememberedmapping_history GET mapping 404  404  403  404  404  404  in   in
admin:runs_checkresult_change GET check_result ok   ok   ok   404  404  404  in   in
admin:runs_checkresult_history GET check_result ok   ok   403  404  404  404  in   in
admin:runs_configevaluator_change GET config_evaluator ok   ok   ok   404  404  404  in   in
admin:runs_configevaluator_history GET config_evaluator ok   ok   403  404  404  404  in   in
admin:runs_evaluationconfig_change GET config ok   ok   ok   404  404  404  in   in
admin:runs_evaluationconfig_history GET config ok   ok   403  404  404  404  in   in
admin:runs_evaluator_change GET evaluator ok   ok   ok   404  404  404  in   in
admin:runs_evaluator_history GET evaluator ok   ok   403  404  404  404  in   in
admin:runs_modelendpoint_change GET endpoint ok   ok   ok   404  404  404  in   in
admin:runs_modelendpoint_history GET endpoint ok   ok   403  404  404  404  in   in
admin:runs_run_change GET run ok   ok   ok   404  404  404  in   in
admin:runs_run_history GET run ok   ok   403  404  404  404  in   in
admin:runs_runbatch_change GET batch ok   ok   ok   404  404  404  in   in
admin:runs_runbatch_history GET batch ok   ok   403  404  404  404  in   in
admin:runs_runitem_change GET run_item_row ok   ok   ok   404  404  404  in   in
admin:runs_runitem_history GET run_item_row ok   ok   403  404  404  404  in   in
admin:runs_prompttemplate_change GET template ok   ok   ok   ok   ok   404  in   in
admin:runs_prompttemplate_history GET template ok   ok   403  403  403  404  in   in
admin:reviews_queue_change GET queue ok   ok   ok   404  404  404  in   in
admin:reviews_queue_history GET queue ok   ok   403  404  404  404  in   in
admin:reviews_queuereviewer_change GET queue_reviewer ok   ok   ok   404  404  404  in   in
admin:reviews_queuereviewer_history GET queue_reviewer ok   ok   403  404  404  404  in   in
admin:reviews_queueitem_change GET queue_item ok   ok   ok   404  404  404  in   in
admin:reviews_queueitem_history GET queue_item ok   ok   403  404  404  404  in   in
admin:reviews_slot_change GET slot ok   ok   ok   404  404  404  in   in
admin:reviews_slot_history GET slot ok   ok   403  404  404  404  in   in
admin:reviews_review_change GET review ok   ok   ok   404  404  404  in   in
admin:reviews_review_history GET review ok   ok   403  404  404  404  in   in
admin:reviews_reviewrevision_change GET review_revision ok   ok   ok   404  404  404  in   in
admin:reviews_reviewrevision_history GET review_revision ok   ok   403  404  404  404  in   in
admin:reviews_adjudication_change GET adjudication ok   ok   ok   404  404  404  in   in
admin:reviews_adjudication_history GET adjudication ok   ok   403  404  404  404  in   in
admin:reviews_contest_change GET contest ok   ok   ok   404  404  404  in   in
admin:reviews_contest_history GET contest ok   ok   403  404  404  404  in   in
admin:reviews_seal_change GET seal ok   ok   ok   404  404  404  in   in
admin:reviews_seal_history GET seal ok   ok   403  404  404  404  in   in
admin:reviews_sealeditem_change GET sealed_item ok   ok   ok   404  404  404  in   in
admin:reviews_sealeditem_history GET sealed_item ok   ok   403  404  404  404  in   in
admin:reviews_reviewanswer_change GET review_answer ok   ok   ok   404  404  404  in   in
admin:reviews_reviewanswer_history GET review_answer ok   ok   403  404  404  404  in   in
admin:reviews_behaviorallabel_change GET behavioral_label ok   ok   ok   404  404  404  in   in
admin:reviews_behaviorallabel_history GET behavioral_label ok   ok   403  404  404  404  in   in
admin:reviews_rubric_change GET rubric ok   ok   ok   ok   ok   404  in   in
admin:reviews_rubric_history GET rubric ok   ok   403  403  403  404  in   in
admin:reviews_rubricversion_change GET rubric_version ok   ok   ok   ok   ok   404  in   in
admin:reviews_rubricversion_history GET rubric_version ok   ok   403  403  403  404  in   in
admin:reviews_webhooksubscription_change GET webhook ok   ok   404  404  404  404  in   in
admin:reviews_webhooksubscription_history GET webhook ok   ok   404  404  404  404  in   in
admin:reviews_webhookdelivery_change GET webhook_delivery ok   ok   404  404  404  404  in   in
admin:reviews_webhookdelivery_history GET webhook_delivery ok   ok   404  404  404  404  in   in
admin:reviews_evallabel_change       GET    session    ok   ok   ok   404  404  404  in   in
admin:reviews_evallabel_history      GET    session    ok   ok   403  404  404  404  in   in
admin:reviews_evallabelrevision_change GET    revision   ok   ok   ok   404  404  404  in   in
admin:reviews_evallabelrevision_history GET    revision   ok   ok   403  404  404  404  in   in
admin:exports_export_change          GET    export     404  404  ok   404  404  404  in   in
admin:exports_export_history         GET    export     404  404  403  404  404  404  in   in
admin:reviews_evallabel_change       POST   session    ok   ok   ok   404  403  404  in   in    status=golden
admin:datasets_session_changelist    POST   -          ok   ok   ok   ok   ok   ok   in   in    mark
"""


@dataclass(frozen=True, slots=True)
class Line:
    """What each person gets from one method of one route."""

    route: str
    method: str
    row: str
    answers: dict[str, str]
    body: str = ""

    def __str__(self) -> str:
        return f"{self.route} {self.method}{' ' + self.body if self.body else ''}"


def read_table(text: str = TABLE) -> list[Line]:
    """Return the lines of the table; its heading, comments and blank lines left out."""
    lines = []
    for written in text.strip().splitlines()[1:]:
        words = written.split()
        if not words or words[0].startswith("#"):
            continue
        route, method, row, *rest = words
        answers = dict(zip(PEOPLE, rest, strict=False))
        lines.append(Line(route, method, row, answers, "".join(rest[len(PEOPLE) :])))
    return lines


def expand(lines: list[Line], names: list[str]) -> list[Line]:
    """Put the routes in the place of each `*` line that have no line of their own."""
    own = {line.route for line in lines if "*" not in line.route}
    expanded = []
    for line in lines:
        if "*" not in line.route:
            expanded.append(line)
            continue
        for name in names:
            if name not in own and fnmatchcase(name, line.route):
                expanded.append(Line(name, line.method, line.row, line.answers, line.body))
    return expanded
