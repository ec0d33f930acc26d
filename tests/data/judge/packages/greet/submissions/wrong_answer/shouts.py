print("GOOD DAY!")
