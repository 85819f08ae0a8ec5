package import Basics

/// The two kinds of YAML files that the program reads, told apart by their keys.
package enum FileKind {
  /// An experiment's manifest.
  case manifest
  /// A merge of adapters or checkpoints.
  case recipe

  /// Keys that only one kind has.
  private var ownKeys: [String] {
    switch self {
    case .manifest: ["tasks", "cocktails", "budget", "merges", "evaluate", "data_root", "seeds"]
    case .recipe: ["merge_method", "models", "slices", "modules", "base_model", "tokenizer_source"]
    }
  }

  /// What a file of the other kind is and which command takes it; nil for a file that may be of this kind.
  package func complaint(_ root: YAMLNode, _ source: SourceText) -> Diagnostic? {
    guard case .mapping(let pairs) = root.content else { return nil }
    func has(_ kind: FileKind) -> Bool { pairs.contains { kind.ownKeys.contains($0.key) } }
    switch self {
    case .manifest where !has(.manifest) && has(.recipe):
      return source.diagnostic(
        "this is a merge recipe, not an experiment's manifest", at: Place(file: source.path),
        hint: "`mixology merge \(source.path) OUT` carries it out")
    case .recipe where !has(.recipe) && has(.manifest):
      return source.diagnostic(
        "this is an experiment's manifest, not a merge recipe", at: Place(file: source.path),
        hint: "`mixology run \(source.path)` carries it out; a recipe begins with merge_method")
    case .manifest, .recipe: return nil
    }
  }
}
