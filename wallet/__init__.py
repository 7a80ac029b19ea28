"""The holder's side: keep credentials, answer requests, give and withdraw consent."""
