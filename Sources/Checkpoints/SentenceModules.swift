public import Basics

/// What a sentence-transformers folder says beside the encoder: the chain of modules that makes a vector of a text
/// (`modules.json`), and how texts are read (`sentence_bert_config.json`).
public struct SentenceModules: Sendable {
  /// A module of the chain.
  private struct Module {
    /// The last part of its class: `Transformer`, `Pooling`, `Dense`.
    var kind: String
    /// The folder with its files; empty for the model's own.
    var folder: String
  }

  private let folder: String
  private let modules: [Module]
  /// Whether texts are lowercased before the tokenizer sees them.
  public let lowercases: Bool
  /// What sentence-transformers cuts texts to, in tokens; nil where it says nothing.
  public let longest: Int?

  /// The files that are read here, beside those of the pooling.
  public static let files = ["modules.json", "sentence_bert_config.json"]

  /// Reads what there is of them in a model's folder; where there is nothing the chain is empty.
  ///
  /// - Throws: a `Diagnostic` for a file that cannot be read.
  public init(folder: String) throws(Diagnostic) {
    self.folder = folder
    modules = try Self.modules(folder + "/" + Self.files[0])
    let path = folder + "/" + Self.files[1]
    guard fileExists(path) else {
      lowercases = false
      longest = nil
      return
    }
    let file = try JSONFile(path: path)
    lowercases = try file.optional("do_lower_case", "true or false") { $0.flag } ?? false
    longest = try file.optional("max_seq_length", "a whole number from 1") {
      $0.integer.flatMap { $0 > 0 ? $0 : nil }
    }
  }

  private static func modules(_ path: String) throws(Diagnostic) -> [Module] {
    guard fileExists(path) else { return [] }
    let tree = try JSON(try InputFile.bytes(path), file: path)
    guard let list = tree.list else {
      throw Diagnostic("the file holds \(tree.kind), not a list of modules", at: Place(file: path))
    }
    var modules: [Module] = []
    for (number, entry) in list.enumerated() {
      guard let type = entry["type"]?.text, let name = type.split(separator: ".").last else {
        throw Diagnostic("module \(number) has no 'type'", at: Place(file: path))
      }
      modules.append(Module(kind: String(name), folder: entry["path"]?.text ?? ""))
    }
    return modules
  }

  /// The file that says how the last hidden states become one vector.
  public var poolingFile: String {
    let own = modules.first { $0.kind == "Pooling" }?.folder ?? ""
    return "\(folder)/\(own.isEmpty ? "1_Pooling" : own)/config.json"
  }

  /// What of the chain is not computed and would give other vectors.
  ///
  /// `Normalize` would not: label heads compare directions, and a linear head learns on the vectors as they are. `Dropout`
  /// does nothing outside of training.
  public var problems: [Diagnostic] {
    let place = Place(file: folder + "/" + Self.files[0])
    return modules.enumerated().compactMap { number, module in
      var place = place
      place.detail = "module \(number) '\(module.kind)'"
      switch module.kind {
      case "Transformer" where !module.folder.isEmpty:
        return Diagnostic(
          "the encoder lies in '\(module.folder)', and only one beside this file is read", at: place,
          hint: "name \(folder)/\(module.folder) as the base; it is then pooled by the mean")
      case "Transformer", "Pooling", "Normalize", "Dropout": return nil
      default:
        return Diagnostic(
          "the module is not computed, and without it the vectors are others than those of sentence-transformers",
          at: place,
          hint: "take a base without it; where the vectors before it will do, remove it from the file")
      }
    }
  }
}
