print("mixology")
