"""The API's pages at /docs: Swagger's own files, served from here.

Their script stands at an address of its own, as the content policy wants it. Their styles are
written into the page, so this one page allows that.
"""

from __future__ import annotations

from csp.constants import SELF, UNSAFE_INLINE
from csp.decorators import csp_update
from django.utils.decorators import method_decorator
from drf_spectacular.views import SpectacularSwaggerSplitView

POLICY = {"style-src": [SELF, UNSAFE_INLINE]}


@method_decorator(csp_update(POLICY), name="dispatch")
class DocsView(SpectacularSwaggerSplitView):
    url_name = "schema"
