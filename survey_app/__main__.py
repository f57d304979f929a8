"""`python -m survey_app` is the command `guopei`."""

from survey_app.cli import main

main()
