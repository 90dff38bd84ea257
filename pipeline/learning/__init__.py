"""Learns from staff's answers: from resolved tickets to published articles, and knowledge gaps."""
