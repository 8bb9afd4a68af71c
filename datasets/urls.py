"""Addresses of this app."""

from django.urls import URLPattern, URLResolver, path

from datasets.views import (
    checks,
    cloning,
    dataset_import,
    dataset_uploads,
    datasets,
    imports,
    item_acts,
    item_editor,
    item_page,
    items,
    rules,
    sessions,
    versions,
)

IMPORT = "sessions/imports/<uuid:pk>/"
ITEM_IMPORT = "datasets/imports/<uuid:pk>/"
DATASET = "datasets/<uuid:pk>/"
VERSION = DATASET + "versions/<int:number>/"
RULE = DATASET + "rules/<uuid:rule>/"
ITEM = DATASET + "items/<uuid:key>/"

urlpatterns: list[URLPattern | URLResolver] = [
    path("sessions/upload/", imports.UploadView.as_view(), name="session-upload"),
    path("sessions/imports/", imports.ImportsView.as_view(), name="session-imports"),
    path(IMPORT, imports.ImportView.as_view(), name="session-import"),
    path(IMPORT + "commit/", imports.ImportCommitView.as_view(), name="session-import-commit"),
    path(IMPORT + "check/", imports.ImportCheckView.as_view(), name="session-import-check"),
    path(IMPORT + "discard/", imports.ImportDiscardView.as_view(), name="session-import-discard"),
    path("sessions/clone/", cloning.CloneDialogView.as_view(), name="clone-dialog"),
    path("sessions/clone/start/", cloning.CloneStartView.as_view(), name="clone-start"),
    path("sessions/", sessions.SessionListView.as_view(), name="sessions"),
    path("sessions/choices/", sessions.SessionChoicesView.as_view(), name="session-choices"),
    path(
        "datasets/import/",
        dataset_uploads.NewDatasetUploadView.as_view(),
        name="datasets-import-upload",
    ),
    path(
        "datasets/import/example/",
        dataset_uploads.ExampleView.as_view(),
        name="dataset-import-example",
    ),
    path(
        DATASET + "import/",
        dataset_uploads.DatasetUploadView.as_view(),
        name="dataset-import-upload",
    ),
    path("datasets/imports/", dataset_uploads.DatasetImportsView.as_view(), name="dataset-imports"),
    path(ITEM_IMPORT, dataset_import.DatasetImportView.as_view(), name="dataset-import"),
    path(
        ITEM_IMPORT + "commit/",
        dataset_import.CommitView.as_view(),
        name="dataset-import-commit",
    ),
    path(ITEM_IMPORT + "check/", dataset_import.CheckView.as_view(), name="dataset-import-check"),
    path(
        ITEM_IMPORT + "discard/",
        dataset_import.DiscardView.as_view(),
        name="dataset-import-discard",
    ),
    path(
        ITEM_IMPORT + "options/",
        dataset_import.OptionsView.as_view(),
        name="dataset-import-options",
    ),
    path(ITEM_IMPORT + "name/", dataset_import.NameView.as_view(), name="dataset-import-name"),
    path(
        ITEM_IMPORT + "errors/", dataset_import.ErrorsView.as_view(), name="dataset-import-errors"
    ),
    path(ITEM_IMPORT + "undo/", dataset_import.UndoView.as_view(), name="dataset-import-undo"),
    path("datasets/", datasets.DatasetListView.as_view(), name="datasets"),
    path("datasets/new/", datasets.DatasetCreateView.as_view(), name="dataset-create"),
    path(DATASET + "rules/", rules.RulesView.as_view(), name="dataset-rules"),
    path(DATASET + "rules/new/", rules.RuleCreateView.as_view(), name="rule-create"),
    path(DATASET + "rules/count/", rules.RuleCountView.as_view(), name="rule-count"),
    path(RULE, rules.RuleView.as_view(), name="rule"),
    path(RULE + "edit/", rules.RuleEditView.as_view(), name="rule-edit"),
    path(RULE + "switch/", rules.RuleSwitchView.as_view(), name="rule-switch"),
    path(RULE + "poll/", rules.RulePollView.as_view(), name="rule-poll"),
    path(RULE + "delete/", rules.RuleDeleteView.as_view(), name="rule-delete"),
    path(DATASET + "clone/", cloning.CloneIntoView.as_view(), name="dataset-clone"),
    path(DATASET + "clones/<uuid:job>/", cloning.CloneView.as_view(), name="clone"),
    path(DATASET, items.DatasetView.as_view(), name="dataset"),
    path(DATASET + "items/", items.DatasetItemsView.as_view(), name="dataset-items"),
    path(DATASET + "items/new/", item_editor.ItemCreateView.as_view(), name="item-create"),
    path(DATASET + "items/act/", item_acts.ItemActView.as_view(), name="item-act"),
    path(DATASET + "items/undo/", item_acts.UndoView.as_view(), name="dataset-undo"),
    path(ITEM, item_page.ItemView.as_view(), name="item"),
    path(ITEM + "edit/", item_editor.ItemEditView.as_view(), name="item-edit"),
    path(ITEM + "inline/", item_editor.ItemInlineView.as_view(), name="item-inline"),
    path(ITEM + "move/", item_acts.ItemMoveView.as_view(), name="item-move"),
    path(DATASET + "files/<uuid:file>/", item_page.AttachmentView.as_view(), name="attachment"),
    path(DATASET + "checks/", checks.ChecksView.as_view(), name="dataset-checks"),
    path(DATASET + "versions/", versions.VersionListView.as_view(), name="dataset-versions"),
    path(VERSION, versions.VersionView.as_view(), name="dataset-version"),
    path(
        VERSION + "restore/",
        versions.VersionRestoreView.as_view(),
        name="dataset-version-restore",
    ),
    path(VERSION + "title/", versions.VersionTitleView.as_view(), name="dataset-version-title"),
    path(VERSION + "finish/", versions.VersionFinishView.as_view(), name="dataset-version-finish"),
    path(DATASET + "diff/<int:a>/<int:b>/", versions.DiffView.as_view(), name="dataset-diff"),
    path(DATASET + "settings/", datasets.DatasetSettingsView.as_view(), name="dataset-settings"),
    path(DATASET + "share/", datasets.DatasetShareView.as_view(), name="dataset-share"),
    path(DATASET + "delete/", datasets.DatasetDeleteView.as_view(), name="dataset-delete"),
    path(DATASET + "restore/", datasets.DatasetRestoreView.as_view(), name="dataset-restore"),
]
