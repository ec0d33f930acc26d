print("Good day!")
