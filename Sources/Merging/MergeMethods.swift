public import Basics

/// The table of merge methods; a new one is a file in `Methods` and a line here.
public enum MergeMethods {
  /// All rows, in the order of the documentation.
  public static let all = Catalog(
    "merge method", rules + measured + learned + routed + [.coldFusion, .pamal])

  /// Those that need nothing but the changes.
  private static let rules = linear + spherical + sparsifyAndElect + spectral + peftNames

  /// Their names: what a search can try.
  static let ruleNames = rules.map(\.name)

  private static let linear: [MergeMethod] = [
    .linear, .taskArithmetic, .metaGPT, .lines, .modelStock, .fedAvg, .pareto,
  ]

  private static let spherical: [MergeMethod] = [
    .slerp, .nuSLERP, .multiSLERP, .karcher, .selfPositioning,
  ]

  private static let sparsifyAndElect: [MergeMethod] = [
    .ties, .tiesPaper, .tiesMergekit, .tiesPEFT,
    .magnitude, .magnitudePEFT,
    .dareLinear, .dareLinearMergekit, .dareLinearPEFT, .dareTIES, .dareTIESMergekit, .dareTIESPEFT,
    .della, .dellaMergekit, .dellaLinear, .dellaLinearMergekit,
    .breadcrumbs, .breadcrumbsPaper, .breadcrumbsMergekit, .breadcrumbsTIES, .breadcrumbsTIESMergekit,
    .sce, .scePaper, .sceMergekit, .pcb, .magMax, .emr, .tallMask, .consensus,
  ]

  private static let spectral: [MergeMethod] = [
    .svd, .tsvC, .tsvM, .isoC, .isoCTS, .knotsLinear, .knotsTIES, .knotsDARETIES,
    .coreTIES, .coreDARELinear, .coreDARETIES, .cart, .star, .subspaceBoosting, .svc, .wudi, .wudiClosedForm,
    .opcm,
  ]

  private static let peftNames: [MergeMethod] = [
    .linearPEFT, .svdPEFT, .cat, .tiesSVD, .dareLinearSVD, .dareTIESSVD, .magnitudePrune, .magnitudePruneSVD,
  ]

  private static let learned: [MergeMethod] = [
    .adaMergingTaskwise, .adaMergingTaskwisePlus, .adaMergingLayerwise, .adaMergingLayerwisePlus,
    .atlas, .divMerge, .divMergeLayerwise, .concreteTaskArithmetic, .concreteAdaMerging,
    .search, .loraHub, .loraHubPaper,
  ]

  private static let routed: [MergeMethod] = [
    .arrow, .smile, .moe, .retrieval, .twin, .emrMasks, .tallMasks, .tsvCompress, .surgery,
  ]
  private static let measured: [MergeMethod] = [.fisher, .regMean, .regMeanPlusPlus]
}
