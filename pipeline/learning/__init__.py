"""What people's answers teach: from resolved tickets to published articles, and what is still missing."""
