public import Basics
public import Checkpoints
public struct MergeMethod: CatalogEntry { public var name: String; public var summary: String; public var parameters: [ParameterSpec] }
public enum MergeMethods { public static let all = Catalog<MergeMethod>("merge method", []) }
public enum AdapterMerger {
  public static func merge(_ adapters: [Adapter], weights: [Double], method: MergeMethod, parameters: [String: ParameterValue], seed: Int) throws -> (adapter: Adapter, sites: [(site: String, rank: Int, retainedEnergy: Double, norm: Double)]) { preconditionFailure() }
}
