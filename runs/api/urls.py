"""Addresses of this app."""

from django.urls import URLPattern, URLResolver, path

from runs.api import endpoints

ENDPOINT = "endpoints/<uuid:pk>"

urlpatterns: list[URLPattern | URLResolver] = [
    path("endpoints", endpoints.EndpointsView.as_view(), name="api-endpoints"),
    path(ENDPOINT, endpoints.EndpointView.as_view(), name="api-endpoint"),
    path(f"{ENDPOINT}/test", endpoints.EndpointTestView.as_view(), name="api-endpoint-test"),
]
