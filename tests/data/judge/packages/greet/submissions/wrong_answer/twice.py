print("Good day!\nGood day!")
