"""Asks the questions of help centres in this process and judges each last reply by machine."""
