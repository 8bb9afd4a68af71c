"""The evidence: sessions and how they arrived, datasets, their versions and items."""

from datasets.models.attachment import Attachment
from datasets.models.dataset import Dataset, DatasetVersion
from datasets.models.dataset_import import DatasetImport, RememberedMapping
from datasets.models.dataset_item import DatasetItem
from datasets.models.message import Message
from datasets.models.population_rule import PopulationRule, RulePoll
from datasets.models.session import Session
from datasets.models.session_import import SessionImport
from datasets.models.source import Source

__all__ = [
    "Attachment",
    "Dataset",
    "DatasetImport",
    "DatasetItem",
    "DatasetVersion",
    "Message",
    "PopulationRule",
    "RememberedMapping",
    "RulePoll",
    "Session",
    "SessionImport",
    "Source",
]
