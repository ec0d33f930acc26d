print("Good  day!")
