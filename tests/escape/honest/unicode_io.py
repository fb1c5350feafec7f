name = input()
print(f"héllo {name} — 你好 🎉 ñ")
print("Ω" * 3)
