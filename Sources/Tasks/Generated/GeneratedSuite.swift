public import Specs

/// stub
public enum GeneratedSuite {
  /// stub
  public static func examples(_ spec: GeneratorSpec, task: String, split: Split) -> [Example] { [] }
}
