internal import Basics
internal import Checkpoints
public import Foundation

/// A kind of facts that are costly to find and never change: hashes of files, lengths of texts, checks that held.
public struct FactKind<Value: Codable & Sendable>: Sendable {
  let name: String

  /// Names a kind; its key must say all that a value depends on but the program, so best a hash.
  ///
  /// - Parameter name: The name of its file.
  public init(_ name: String) {
    self.name = name
  }
}

/// A memory of what was counted or checked, so that a second command on the same files costs nothing.
///
/// It lies in the user's cache folder instead of beside the store: the facts are about files, which several folders of
/// results share, and `validate` and `plan` then leave nothing where they are called. It may be lost or removed at any
/// time, and a failure to read or write it only costs time.
///
/// Every program believes only what itself has found: one that counts or checks otherwise finds all anew.
public final class FactsCache: Sendable {
  private let folder: URL?
  private let program: String
  private let tables = Lock<[String: any StoredTable]>([:])

  /// Opens a memory; nothing is read before something is asked.
  ///
  /// - Parameters:
  ///   - folder: Where it is kept, one file a kind; nil for one that ends with the process.
  ///   - program: What the program is known by; nil where it is not known, and nothing is kept.
  public init(folder: URL?, program: String? = FactsCache.ownProgram) {
    self.folder = program == nil ? nil : folder
    self.program = program ?? ""
  }

  /// Size and time of change of the running program's file, which every build changes: to hash it would take longer than most
  /// facts do.
  public static var ownProgram: String? {
    let file = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().path
    guard let attributes = try? FileManager.default.attributesOfItem(atPath: file),
      let size = attributes[.size] as? Int, let changed = attributes[.modificationDate] as? Date
    else { return nil }
    return "\(size) \(changed.timeIntervalSince1970)"
  }

  /// The user's memory: `<cache>/mixology/facts`.
  public convenience init(environment: [String: String]) {
    let cache = BaseLocator.cacheFolder(environment)
    self.init(folder: cache.map { URL(fileURLWithPath: $0).appendingPathComponent("mixology/facts") })
  }

  /// What is remembered under a key; nil where nothing is.
  public func value<Value>(_ kind: FactKind<Value>, _ key: String) -> Value? {
    tables.withLock { table(kind, in: &$0).entries["\(program) \(key)"]?.value }
  }

  /// Remembers a value; `save` writes it.
  public func keep<Value>(_ value: Value, _ kind: FactKind<Value>, _ key: String) {
    tables.withLock { tables in
      var table = table(kind, in: &tables)
      // The table is held once, so that it is changed where it lies instead of copied.
      tables[kind.name] = nil
      table.keep(value, "\(program) \(key)")
      tables[kind.name] = table
    }
  }

  /// What is remembered under a key, else what `find` finds, which is then remembered.
  ///
  /// Two threads that ask at once may both find it.
  public func value<Value, Failure>(
    _ kind: FactKind<Value>, _ key: String, _ find: () throws(Failure) -> Value
  ) throws(Failure) -> Value {
    if let known = value(kind, key) { return known }
    let found = try find()
    keep(found, kind, key)
    return found
  }

  /// Writes the kinds that changed, with what other processes wrote meanwhile.
  public func save() {
    guard let folder else { return }
    tables.withLock { tables in
      for (name, table) in tables where table.isChanged {
        tables[name] = table.saved(to: FactsCache.file(name, in: folder))
      }
    }
  }

  private func table<Value>(
    _ kind: FactKind<Value>, in tables: inout [String: any StoredTable]
  ) -> Table<Value> {
    if let table = tables[kind.name] as? Table<Value> { return table }
    let file = folder.map { FactsCache.file(kind.name, in: $0) }
    let table = Table<Value>(file: file)
    tables[kind.name] = table
    return table
  }

  private static func file(_ name: String, in folder: URL) -> URL {
    folder.appendingPathComponent(name + ".json")
  }
}

private protocol StoredTable: Sendable {
  var isChanged: Bool { get }
  /// Writes it; what stands in the file and is not in it comes along.
  func saved(to file: URL) -> Self
}

/// The values of one kind by their keys, as its file holds them.
private struct Table<Value: Codable & Sendable>: StoredTable, Codable {
  struct Entry: Codable, Sendable {
    var value: Value
    /// Its place in the order of coming.
    var turn: Int
  }

  /// Entries that are kept, the latest: facts about files that are gone must not pile up for ever.
  private static var limit: Int { 4096 }

  var entries: [String: Entry] = [:]
  var isChanged = false
  /// That of the entry that came last.
  private var turn = 0

  private enum CodingKeys: CodingKey {
    case entries
  }

  /// Reads a file; one that cannot be read, or holds another program's values in another form, is as good as an empty one.
  init(file: URL?) {
    guard let file, let data = try? Data(contentsOf: file),
      let table = try? JSONDecoder().decode(Self.self, from: data)
    else { return }
    entries = table.entries
    turn = entries.values.map(\.turn).max() ?? 0
  }

  init(from decoder: any Decoder) throws {
    entries = try decoder.container(keyedBy: CodingKeys.self).decode([String: Entry].self, forKey: .entries)
  }

  mutating func keep(_ value: Value, _ key: String) {
    turn += 1
    entries[key] = Entry(value: value, turn: turn)
    isChanged = true
  }

  func saved(to file: URL) -> Self {
    var table = self
    table.isChanged = false
    let others = Table(file: file)
    table.entries.merge(others.entries) { own, _ in own }
    if table.entries.count > Self.limit {
      let latest = table.entries.sorted { ($0.value.turn, $0.key) > ($1.value.turn, $1.key) }
      table.entries = Dictionary(uniqueKeysWithValues: latest.prefix(Self.limit).map { ($0.key, $0.value) })
    }
    try? FileManager.default.createDirectory(
      at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try? StableHash.canonicalJSON(table).write(to: file, options: .atomic)
    return table
  }
}
