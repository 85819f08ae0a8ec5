public import Basics
public import LinearAlgebra

/// What was measured of one model: a matrix at each of its linear layers.
public struct ModelEvidence: Sendable {
  private let name: String
  private let matrices: [String: Matrix]

  /// Collects matrices.
  ///
  /// - Parameters:
  ///   - name: What messages call the model.
  ///   - matrices: By the path of the layer, or of the module that it lies in, for layers that share one.
  public init(name: String, _ matrices: [String: Matrix]) {
    self.name = name
    self.matrices = matrices
  }

  /// The matrix at a layer.
  ///
  /// - Throws: a `Diagnostic` where there is none, or one of another shape or with numbers that cannot be.
  func matrix(at site: String, rows: Int, columns: Int) throws(Diagnostic) -> Matrix {
    let module = site.lastIndex(of: ".").map { String(site[..<$0]) } ?? ""
    guard let matrix = matrices[site] ?? matrices[module] else {
      throw Diagnostic("nothing was measured at '\(site)'", at: Place(file: name))
    }
    guard matrix.rows == rows && matrix.columns == columns else {
      throw Diagnostic(
        "what was measured at '\(site)' is (\(matrix.rows), \(matrix.columns)), not (\(rows), \(columns))",
        at: Place(file: name))
    }
    return matrix
  }
}

extension MergeMethod {
  /// What it needs to know of every model beside its change; nil for most.
  public var evidence: MergeEvidence? {
    switch form {
    case .rule, .learned, .searched, .routed, .trained: nil
    case .measured(let what, _): (try? defaults).map { what($0).what }
    }
  }

  /// How many examples are measured of every task of a model.
  static let rows = ParameterSpec(
    "rows", .integer(1...1_000_000), default: .number(256),
    "training examples of each of a model's tasks that are measured")

  /// The rule with checked parameters.
  ///
  /// - Parameter evidence: One for each model, where the method needs any.
  /// - Throws: a `Diagnostic` where there is none.
  func makeRule(_ parameters: Parameters, evidence: [ModelEvidence] = [], models: Int) throws(Diagnostic)
    -> any Merging
  {
    switch form {
    case .rule(let make): return make(parameters)
    case .measured(let what, let make):
      guard evidence.count == models else {
        throw Diagnostic(
          "merge method '\(name)' needs \(what(parameters).what) for every model, measured on the model's own data",
          hint: "merge in an experiment, which measures them: merges: [{method: \(name), of: singles}]")
      }
      return make(parameters, evidence)
    case .learned, .searched:
      throw Diagnostic(
        "'\(name)' tries merges on examples, and there are only adapters here",
        hint: "list it under 'merges' of a manifest, whose tasks have data: mixology run")
    case .routed: throw Diagnostic("merge method '\(name)' makes no single adapter")
    case .trained(let rule, let how):
      throw Diagnostic(
        "'\(name)' trains its models \(how(parameters)), and there are only trained adapters here",
        hint:
          "list it under 'merges' of a manifest: mixology run; trained adapters are merged by \(rule.name)"
      )
    }
  }
}
