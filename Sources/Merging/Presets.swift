public import Basics

extension MergeMethod {
  /// A row that is another one with other defaults, under the name `base@name`.
  ///
  /// Names that mean different things to a paper and to its implementations get one each. A manifest may still set every
  /// parameter; random draws are those of the base row. Grids are tried as for the base row, but where the preset's own
  /// value is none of those that are usual: it is what makes the preset then.
  ///
  /// - Parameters:
  ///   - name: Whose meaning it is: `paper`, `mergekit`, `peft`.
  ///   - base: The row whose stages it fixes.
  ///   - summary: What is special about it.
  ///   - defaults: Allowed values of parameters of the base row.
  public static func preset(
    _ name: String, of base: MergeMethod, _ summary: String, _ defaults: [String: ParameterValue]
  ) -> MergeMethod {
    MergeMethod(
      of: base, name: "\(base.name)@\(name)", summary: summary, parameters: parameters(of: base, defaults))
  }

  /// A row that is another one with other defaults, under a name of its own.
  ///
  /// - Parameters:
  ///   - notes: In place of those of the base row.
  ///   - cutsToLargestRank: Whether a result without an asked rank is cut to the largest rank of the models.
  static func alias(
    _ name: String, of base: MergeMethod, _ summary: String, _ defaults: [String: ParameterValue] = [:],
    notes: MergeNotes? = nil, cutsToLargestRank: Bool = false
  ) -> MergeMethod {
    var form: MergeForm?
    if cutsToLargestRank, case .rule(let make) = base.form {
      form = .rule { CutToLargestRank(rule: make($0)) }
    }
    return MergeMethod(
      of: base, name: name, summary: summary, parameters: parameters(of: base, defaults), notes: notes,
      form: form)
  }

  private static func parameters(
    of base: MergeMethod, _ defaults: [String: ParameterValue]
  ) -> [ParameterSpec] {
    let parameters = base.parameters.map { spec in
      spec.replacingDefault(by: defaults[spec.name])
    }
    for (name, value) in defaults {
      precondition(
        parameters.contains { $0.name == name && $0.problem(with: value) == nil }, "\(base.name): \(name)")
    }
    return parameters
  }
}
