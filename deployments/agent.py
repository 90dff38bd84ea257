"""The agent stage: reads fte.tickets.incoming and answers each customer's turn, or hands it over."""

from __future__ import annotations

import logging

log = logging.getLogger(__name__)

GROUP = "fte.agent"
