"""Django settings, read from the environment through evalplatform.env."""

import os
from pathlib import Path

from csp.constants import NONE, SELF

from evalplatform import env

BASE_DIR = Path(__file__).resolve().parent.parent
HOME = env.home()

# --- arithmetic -----------------------------------------------------------------------------
# numpy's library starts threads for sums of 10,000 numbers, which then wait for each other wherever
# more processes than cores run. It is told so before numpy is loaded.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

# --- safety ---------------------------------------------------------------------------------
DEBUG = env.flag("DEBUG")
HTTPS = env.flag("EVALPLATFORM_HTTPS")
SECRET_KEY_TEXT = env.secret_key(debug=DEBUG)
# check_file and other commands without a web server work before a key exists; serving does not:
# wsgi.py, the worker and the system check call env.refuse_unsafe_key.
SECRET_KEY = SECRET_KEY_TEXT or "none-yet:" + "0" * 40
ALLOWED_HOSTS = env.names("ALLOWED_HOSTS", ["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.names("CSRF_TRUSTED_ORIGINS", [])
if HTTPS:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_SSL_REDIRECT = True
    SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
    SECURE_HSTS_SECONDS = 31_536_000
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True
    SESSION_COOKIE_NAME = "__Host-sessionid"
    CSRF_COOKIE_NAME = "__Host-csrftoken"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}
DATA_UPLOAD_MAX_MEMORY_SIZE = env.integer("EVALPLATFORM_MAX_BODY_BYTES", 20_000_000)
DATA_UPLOAD_MAX_NUMBER_FIELDS = 20_000

# --- applications ---------------------------------------------------------------------------
OIDC_SERVER_URL = env.text("OIDC_SERVER_URL")
INSTALLED_APPS = [
    "evalplatform",
    "evalplatform.accounts",
    "evalplatform.audit",
    "evalplatform.jobs",
    "evalplatform.notifications",
    "datasets",
    "runs",
    "reviews",
    "exports",
    "evalplatform.scoping.apps.TeamAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    *(
        ["allauth.socialaccount", "allauth.socialaccount.providers.openid_connect"]
        if OIDC_SERVER_URL
        else []
    ),
    "django_htmx",
    "django_filters",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "csp",
    "pgtrigger",
    "pghistory",
]
MIDDLEWARE = [
    "evalplatform.requests.RequestIdMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "evalplatform.requests.ApiErrorMiddleware",
    "evalplatform.requests.BadTextMiddleware",
    "evalplatform.requests.DatabaseAwayMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "evalplatform.accounts.access_log.AccessLogMiddleware",
]
ROOT_URLCONF = "evalplatform.urls"
WSGI_APPLICATION = "evalplatform.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "evalplatform.navigation.shell",
            ],
        },
    }
]

# --- data -----------------------------------------------------------------------------------
DATABASE_URL = env.service_url("DATABASE_URL", "database_url")
REDIS_URL = env.service_url("REDIS_URL", "redis_url") or "redis://127.0.0.1:1/0"
DATABASES = {"default": env.database(DATABASE_URL)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
CACHES = {
    "default": {
        "BACKEND": "django_redis.cache.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "evalplatform",
        "OPTIONS": {
            # A cache that is away slows things down; it must not take pages with it.
            "IGNORE_EXCEPTIONS": True,
            "SOCKET_CONNECT_TIMEOUT": 1,
            "SOCKET_TIMEOUT": 2,
            "SERIALIZER": "django_redis.serializers.json.JSONSerializer",
        },
    }
}
DJANGO_REDIS_LOG_IGNORED_EXCEPTIONS = True
if env.text("S3_BUCKET"):
    FILE_STORAGE = {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": {
            "bucket_name": env.text("S3_BUCKET"),
            "endpoint_url": env.text("S3_ENDPOINT_URL") or None,
            "default_acl": None,
            "file_overwrite": False,
            "max_memory_size": 10_000_000,  # a larger file goes through the disk
        },
    }
else:
    FILE_STORAGE = {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {
            "location": HOME / "files",
            "file_permissions_mode": 0o600,
            "directory_permissions_mode": 0o700,
        },
    }
STATIC_URL = "/static/"
STATIC_ROOT = HOME / "static"
STORAGES = {
    "default": FILE_STORAGE,
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG or env.flag("EVALPLATFORM_PLAIN_STATIC")
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = DEBUG or env.flag("EVALPLATFORM_PLAIN_STATIC")
WHITENOISE_AUTOREFRESH = WHITENOISE_USE_FINDERS  # look a file up when asked, not all at start

# --- proxies --------------------------------------------------------------------------------
# How many reverse proxies of one's own stand before us: the address of a caller is taken that many
# places from the end of X-Forwarded-For. 0: the header is a stranger's word and is not read.
TRUSTED_PROXIES = env.integer("EVALPLATFORM_TRUSTED_PROXIES", 0)
ALLAUTH_TRUSTED_PROXY_COUNT = TRUSTED_PROXIES

# --- people ---------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "evalplatform.accounts.adapter.InvitationOnlyAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"  # invitations arrive by link, which proves the address
ACCOUNT_PREVENT_ENUMERATION = "strict"
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_REAUTHENTICATION_REQUIRED = True
# Guessing of passwords: docs/decisions/0006-sign-in-limits.md. `key` is the account seen from one
# address for login_failed, the account from everywhere for login_unknown_browser, and a browser
# that signed in before for login_known_browser, which strangers cannot use up.
ACCOUNT_RATE_LIMITS = {
    "login": "60/m/ip",
    "login_failed": "20/m/ip,5/5m/key",
    "login_unknown_browser": "30/h/key",
    "login_known_browser": "10/5m/key",
    "reset_password": "10/m/ip,3/15m/key",
    "reset_password_from_key": "10/m/ip",
    "change_password": "5/m/user",
    "reauthenticate": "10/m/user",
    "invitation": "30/m/ip",
}
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_ADAPTER = "evalplatform.accounts.mfa.EncryptedMFAAdapter"
MFA_TOTP_ISSUER = "evalplatform"
SOCIALACCOUNT_ADAPTER = "evalplatform.accounts.oidc.InvitationOnlySocialAdapter"
SOCIALACCOUNT_PROVIDERS = {
    "openid_connect": {
        "APPS": [
            {
                "provider_id": "oidc",
                "name": env.text("OIDC_NAME", "Single sign-on"),
                "client_id": env.text("OIDC_CLIENT_ID"),
                "secret": env.text("OIDC_CLIENT_SECRET"),
                "settings": {"server_url": OIDC_SERVER_URL},
            }
        ]
    }
}
# Mails hold links that sign people in: without a mail server they go nowhere, not into the log.
HAS_MAIL_SERVER = bool(env.text("EMAIL_HOST"))
EMAIL_BACKEND = (
    "django.core.mail.backends.smtp.EmailBackend"
    if HAS_MAIL_SERVER
    else "django.core.mail.backends.dummy.EmailBackend"
)
EMAIL_HOST = env.text("EMAIL_HOST", "localhost")
EMAIL_PORT = env.integer("EMAIL_PORT", 25)
EMAIL_HOST_USER = env.text("EMAIL_HOST_USER")
EMAIL_HOST_PASSWORD = env.text("EMAIL_HOST_PASSWORD")
EMAIL_USE_TLS = env.flag("EMAIL_USE_TLS")
EMAIL_TIMEOUT = 10  # seconds: a server that hangs must not keep a worker
DEFAULT_FROM_EMAIL = env.text("DEFAULT_FROM_EMAIL", "evalplatform@localhost")
PUBLIC_URL = env.text("EVALPLATFORM_URL")  # where people reach us, for links in mails of jobs

# --- API ------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "evalplatform.accounts.authentication.KeyAuthentication",
        "evalplatform.accounts.authentication.CookieAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["evalplatform.scoping.permissions.VerbPermission"],
    "DEFAULT_PARSER_CLASSES": ["evalplatform.scoping.parsers.StrictJsonParser"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "URL_FORMAT_OVERRIDE": None,  # `format` names our files, and no page of ours
    "DEFAULT_THROTTLE_CLASSES": ["evalplatform.accounts.throttling.CallerThrottle"],
    "DEFAULT_PAGINATION_CLASS": "evalplatform.scoping.keyset.ApiKeysetPagination",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "evalplatform.errors.api_error",
    "PAGE_SIZE": 50,
    "NUM_PROXIES": TRUSTED_PROXIES,
    "UNICODE_JSON": True,
    "COERCE_DECIMAL_TO_STRING": False,
}
MAX_SESSIONS_PER_CALL = env.integer("EVALPLATFORM_MAX_SESSIONS_PER_CALL", 1000, least=1)
API_REQUESTS_PER_MINUTE = env.integer("EVALPLATFORM_API_REQUESTS_PER_MINUTE", 60, least=1)
SPECTACULAR_SETTINGS = {
    "TITLE": "evalplatform API",
    "DESCRIPTION": "Sessions in, labels on them, evaluation files out. Every list is keyset "
    "paginated; every error has one shape.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "ENUM_NAME_OVERRIDES": {
        "AgreementLevel": "reviews.api.agreement_serializers.LEVELS",
        "AgreementScope": "reviews.api.agreement_serializers.SCOPES",
        "DecidingState": "reviews.api.agreement_serializers.DECIDING_STATES",
        "LevelEnum": "datasets.api.dataset_serializers.LEVELS",
        "NoFigureReason": "reviews.api.agreement_serializers.NO_REASONS",
        "EndpointKind": "runs.api.endpoint_serializers.KINDS",
        "CheckConfidence": "runs.api.run_item_serializers.CONFIDENCES",
        "DatasetConfidence": "reviews.api.analysis_serializers.CONFIDENCES",
        "EvaluatorKind": "runs.api.evaluator_serializers.KINDS",
        "ImportState": "datasets.api.import_serializers.STATES",
        "DeliveryState": "reviews.api.webhook_serializers.STATES",
        "LabelStatus": "reviews.api.behaviour_serializers.STATUSES",
        "QueueStatus": "reviews.api.queue_serializers.STATUSES",
        "OwnState": "reviews.api.review_serializers.OWN_STATES",
        "WaitingReason": "reviews.api.adjudication_serializers.REASONS",
        "SecondLookSign": "reviews.api.second_look.SIGN_NAMES",
        "ReviewState": "reviews.api.adjudication_serializers.STATES",
        "SealState": "reviews.api.lifecycle_serializers.STATES",
        "RunItemStatus": "runs.api.run_item_serializers.STATUSES",
        "RunKind": "runs.api.run_serializers.KINDS",
        "RunStatus": "runs.api.run_serializers.STATUSES",
        "StartKind": "runs.api.config_serializers.KINDS",
        "Verdict": "runs.overriding.VERDICTS",
    },
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "evalplatform.schema.add_refusals",
    ],
    "SCHEMA_PATH_PREFIX": r"/api(/v1)?",
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SERVE_AUTHENTICATION": [],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
}

# --- the way out ----------------------------------------------------------------------------
# Servers of models that are not on the public internet are asked only when they are listed here:
# names, addresses and networks, with a port or without (runs/outbound/allowing.py).
OUTBOUND_ALLOWED = env.names("EVALPLATFORM_OUTBOUND_ALLOWED", [])
OUTBOUND_MAX_BYTES = env.integer("EVALPLATFORM_OUTBOUND_MAX_BYTES", 5_000_000, least=1000)
# What keys of endpoints are sealed with, the newest first; without one it is made from SECRET_KEY.
SEALING_KEYS = env.random_texts("EVALPLATFORM_SEALING_KEYS")

# --- jobs -----------------------------------------------------------------------------------
CELERY_BROKER_URL = env.celery_broker_url(REDIS_URL)
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 4 * 3600,
    "socket_connect_timeout": 1,
    "socket_timeout": 30,
    # Who presses a button does not wait for Redis to come back: the sweeper sends the job later.
    "max_retries": 1,
    "interval_start": 0,
    "interval_step": 0.1,
    "interval_max": 0.2,
}
CELERY_TASK_PUBLISH_RETRY = False
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = False
CELERY_WORKER_MAX_MEMORY_PER_CHILD = 600_000
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TIMEZONE = "UTC"
RULE_POLL_SECONDS = env.integer("EVALPLATFORM_RULE_POLL_SECONDS", 300, least=1)
RUN_LANES = env.integer("EVALPLATFORM_RUN_LANES", 2, least=1)  # chunks of one run at a time
RUN_MOST_THREADS = env.integer("EVALPLATFORM_RUN_MOST_THREADS", 32, least=1)
CELERY_BEAT_SCHEDULE = {
    "coordinate-runs": {"task": "runs.tasks.coordinate", "schedule": 10.0},
    "poll-rules": {"task": "datasets.tasks.poll_rules", "schedule": float(RULE_POLL_SECONDS)},
    "prune-access-log": {
        "task": "evalplatform.accounts.tasks.prune_access_log",
        "schedule": 3600.0,
    },
    "prune-notifications": {
        "task": "evalplatform.notifications.tasks.prune_notifications",
        "schedule": 3600.0,
    },
    "sweep-jobs": {"task": "evalplatform.jobs.tasks.sweep", "schedule": 10.0},
    "index-sessions": {"task": "datasets.tasks.index_sessions", "schedule": 60.0},
    "forget-imports": {"task": "datasets.tasks.forget_imports", "schedule": 3600.0},
    "send-webhooks": {"task": "reviews.tasks.send_webhooks", "schedule": 5.0},
    "forget-deliveries": {"task": "reviews.tasks.forget_deliveries", "schedule": 3600.0},
    "expire-slots": {"task": "reviews.tasks.expire_slots", "schedule": 15.0},
    "expire-exports": {"task": "exports.tasks.expire", "schedule": 600.0},
}
CELERY_BEAT_SCHEDULE_FILENAME = str(HOME / "celerybeat-schedule")
JOB_LEASE_SECONDS = env.integer("EVALPLATFORM_JOB_LEASE_SECONDS", 30, least=1)
JOB_RESEND_SECONDS = env.integer("EVALPLATFORM_JOB_RESEND_SECONDS", 30, least=1)
EXPORT_KEEP_DAYS = env.integer("EVALPLATFORM_EXPORT_KEEP_DAYS", 30, least=1)
FILE_UPLOAD_HANDLERS = ["evalplatform.uploads.HashingUploadHandler"]
MAX_UPLOAD_BYTES = env.integer("EVALPLATFORM_MAX_UPLOAD_BYTES", 1_000_000_000, least=1)
ZIP_CAPS = {
    "max_members": env.integer("EVALPLATFORM_ZIP_MAX_MEMBERS", 1_000, least=1),
    "max_member_bytes": env.integer("EVALPLATFORM_ZIP_MAX_MEMBER_BYTES", 100_000_000, least=1),
    "max_bytes": env.integer("EVALPLATFORM_ZIP_MAX_BYTES", 1_000_000_000, least=1),
    "max_ratio": env.integer("EVALPLATFORM_ZIP_MAX_RATIO", 200, least=1),
}

# --- words, times, logs ---------------------------------------------------------------------
LANGUAGE_CODE = "en-gb"
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = False
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "()": "structlog.stdlib.ProcessorFormatter",
            "processors": "ext://evalplatform.logs.PROCESSORS",
            "foreign_pre_chain": "ext://evalplatform.logs.SHARED",
        }
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env.text("LOG_LEVEL", "INFO")},
    # They log a line for each request, and on DEBUG what was sent: prompts, addresses, headers.
    "loggers": {name: {"level": "WARNING"} for name in ("httpx2", "httpcore2", "openai")},
}
