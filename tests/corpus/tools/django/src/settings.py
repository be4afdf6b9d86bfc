import os
from urllib.parse import urlparse

_at = urlparse(os.environ["DATABASE_URL"])
SECRET_KEY = "unused"
INSTALLED_APPS = ["app"]
DEFAULT_AUTO_FIELD = "django.db.models.AutoField"
DATABASES = {"default": {"ENGINE": "django.db.backends.postgresql", "HOST": _at.hostname, "PORT": _at.port,
                         "USER": _at.username, "PASSWORD": _at.password, "NAME": _at.path[1:]}}
