"""Application: Django's admin, opened through our own site."""

from django.contrib.admin.apps import AdminConfig


class TeamAdminConfig(AdminConfig):
    """Makes `admin.site` the site that knows teams, rows and verbs."""

    default_site = "evalplatform.admin.TeamAdminSite"
