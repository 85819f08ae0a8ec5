import Terminal

/// `key: value` lines with the values below each other.
func aligned(_ rows: [(String, String)]) -> [String] {
  let width = rows.map(\.0.count).max() ?? 0
  return rows.map { "\(padded($0.0, width))  \($0.1)" }
}

/// The first lines of a long list, and how many more there are.
func shortened(_ lines: [String], all: Bool, to count: Int = 12) -> [String] {
  if all || lines.count <= count + 1 { return lines }
  return lines.prefix(count) + ["… and \(lines.count - count) more (--tensors lists all)"]
}
