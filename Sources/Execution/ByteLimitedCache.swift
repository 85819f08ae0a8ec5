/// Values by name, up to a number of bytes; what was not asked for longest goes first.
struct ByteLimitedCache<Value> {
  private let limit: Int
  /// The one used last stands last.
  private var entries: [(key: String, value: Value, bytes: Int)] = []

  init(limit: Int) {
    self.limit = limit
  }

  /// Bytes held now.
  var bytes: Int { entries.reduce(0) { $0 + $1.bytes } }

  /// A value that is held; it counts as used.
  mutating func value(_ key: String) -> Value? {
    guard let place = entries.firstIndex(where: { $0.key == key }) else { return nil }
    entries.append(entries.remove(at: place))
    return entries.last?.value
  }

  /// Makes room and holds a value; one that is larger than the limit is held alone.
  ///
  /// - Parameter pinned: Names that must not go.
  mutating func insert(_ value: Value, _ key: String, bytes size: Int, pinned: [String] = []) {
    makeRoom(size, pinned: pinned)
    entries.append((key, value, size))
  }

  /// Lets values go until so many bytes fit.
  mutating func makeRoom(_ size: Int, pinned: [String] = []) {
    while bytes + size > limit, let victim = entries.firstIndex(where: { !pinned.contains($0.key) }) {
      entries.remove(at: victim)
    }
  }
}
