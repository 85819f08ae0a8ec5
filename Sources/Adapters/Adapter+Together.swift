public import Basics

extension Adapter {
  /// Checks that adapters are of one base and name its layers alike.
  ///
  /// A base may be named by its folder or by its name with or without an owner: the last part counts.
  /// - Parameter haveOneBase: Whether that is known, whatever they name.
  /// - Throws: a `Diagnostic` with the first two that differ.
  public static func checkTogether(_ adapters: [Adapter], haveOneBase: Bool = false) throws(Diagnostic) {
    if !haveOneBase { try checkBases(adapters) }
    try checkPaths(adapters)
  }

  private static func checkBases(_ adapters: [Adapter]) throws(Diagnostic) {
    var first: (base: Substring, adapter: Adapter)?
    for adapter in adapters {
      guard let name = adapter.baseModel, let base = name.split(separator: "/").last else { continue }
      if let first, first.base != base {
        throw Diagnostic(
          "the adapter is for the base '\(name)', \(first.adapter.name) for '\(first.adapter.baseModel ?? "")'",
          at: Place(file: adapter.name),
          hint:
            "where these are two names of one base, give it as base_model: the adapters are then held against it"
        )
      }
      if first == nil { first = (base, adapter) }
    }
  }

  /// A layer of an encoder alone (`encoder.…`) has another path under a head (`bert.encoder.…`).
  private static func checkPaths(_ adapters: [Adapter]) throws(Diagnostic) {
    var owners: [String: String] = [:]
    for adapter in adapters {
      for (path, _) in adapter.sites where owners[path] == nil { owners[path] = adapter.name }
    }
    for adapter in adapters {
      for (path, _) in adapter.sites {
        guard let dot = path.firstIndex(of: ".") else { continue }
        let inner = String(path[path.index(after: dot)...])
        guard let owner = owners[inner], owner != adapter.name else { continue }
        throw Diagnostic(
          "'\(path)' is '\(inner)' in \(owner)", at: Place(file: adapter.name),
          hint: "they were made for two classes of model; save both with one of them")
      }
    }
  }
}
