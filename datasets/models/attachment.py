"""A file that belongs to items of a dataset."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from datasets.models.dataset import Dataset
from evalplatform.accounts.models.user import new_id
from evalplatform.scoping.actor import Actor
from evalplatform.scoping.models import ScopedModel


class Attachment(ScopedModel):
    """Bytes under the name that a ZIP gives them; items name them in `files`, in their order.

    Stored under an id of our own. It is never changed: other bytes are another attachment.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    dataset = models.ForeignKey(Dataset, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=300)
    sha256 = models.CharField(max_length=64)
    n_bytes = models.BigIntegerField()
    media_type = models.CharField(max_length=100, default="application/octet-stream")
    file = models.FileField(upload_to="attachments/", max_length=200)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta(ScopedModel.Meta):
        ordering = ("dataset", "name")
        constraints = [
            models.UniqueConstraint(
                fields=["dataset", "name", "sha256"], name="one_attachment_per_name_and_bytes"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @classmethod
    def visibility(cls, actor: Actor) -> Q:
        """An attachment is seen by whoever sees its dataset."""
        return Q(dataset__in=Dataset.objects.visible_to(actor))
