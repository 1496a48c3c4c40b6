"""The operators of TensorFlow that only compute: everything else in a SavedModel is refused.

A list of what is dangerous is never complete (about a hundred operators of TensorFlow 2.21 open
files, and ``PrintV2`` is one of them), so this is a list of what inference needs. Left out are all
that read, write or list files, run Python or a compiled blob, open sockets, or read records.
"""

from __future__ import annotations

SAVER = frozenset({"MergeV2Checkpoints", "RestoreV2", "SaveV2", "ShardedFilename"})
"""How a model's own variables are read and written; allowed where only the loader gives a path."""

_MATHS = """
Abs AccumulateNV2 Acos Acosh Add AddN AddV2 All Angle Any ApproximateEqual ArgMax ArgMin Asin Asinh
Atan Atan2 Atanh BatchMatMul BatchMatMulV2 BatchMatMulV3 BesselI0 BesselI0e BesselI1 BesselI1e
Betainc Bincount BitwiseAnd BitwiseOr BitwiseXor Bucketize Ceil Cholesky CholeskyGrad ClipByValue
Complex ComplexAbs Conj Cos Cosh Cross Cumprod Cumsum CumulativeLogsumexp DenseBincount Diag
DiagPart Digamma Div DivNoNan Einsum Equal Erf Erfc Erfinv Exp Expm1 FFT FFT2D FFT3D Floor FloorDiv
FloorMod Greater GreaterEqual HistogramFixedWidth IFFT IFFT2D IFFT3D IRFFT IRFFT2D IRFFT3D Igamma
Igammac Imag Inv Invert IsFinite IsInf IsNan L2Loss LeftShift Less LessEqual Lgamma LinSpace Log
Log1p LogMatrixDeterminant LogicalAnd LogicalNot LogicalOr MatMul MatrixBandPart MatrixDeterminant
MatrixDiag MatrixDiagPart MatrixDiagPartV2 MatrixDiagPartV3 MatrixDiagV2 MatrixDiagV3
MatrixExponential MatrixInverse MatrixLogarithm MatrixSetDiag MatrixSetDiagV2 MatrixSetDiagV3
MatrixSolve MatrixSolveLs MatrixSquareRoot MatrixTriangularSolve Max Maximum Mean Min Minimum Mod
Mul MulNoNan Ndtri Neg NextAfter NotEqual Polygamma PopulationCount Pow Prod Qr RFFT RFFT2D RFFT3D
RaggedBincount Range Real RealDiv Reciprocal RightShift Rint Round Rsqrt SegmentMax SegmentMaxV2
SegmentMean SegmentMin SegmentMinV2 SegmentProd SegmentProdV2 SegmentSum SegmentSumV2
SelfAdjointEigV2 Sigmoid SigmoidGrad Sign Sin Sinh SparseMatMul Sqrt SqrtGrad Square
SquaredDifference Sub Sum Svd Tan Tanh TanhGrad TridiagonalMatMul TridiagonalSolve TruncateDiv
TruncateMod UnsortedSegmentMax UnsortedSegmentMin UnsortedSegmentProd UnsortedSegmentSum Xdivy
Xlog1py Xlogy Zeta
"""
_ARRAYS = """
BatchToSpace BatchToSpaceND Bitcast BroadcastArgs BroadcastTo Cast CheckNumerics Concat ConcatOffset
ConcatV2 Const DeepCopy DepthToSpace Dequantize DynamicPartition DynamicStitch Empty
EnsureShape ExpandDims ExtractImagePatches ExtractVolumePatches FakeQuantWithMinMaxArgs
FakeQuantWithMinMaxVars FakeQuantWithMinMaxVarsPerChannel Fill Fingerprint Gather GatherNd GatherV2
GuaranteeConst HostConst Identity IdentityN InplaceAdd InplaceSub InplaceUpdate
InvertPermutation ListDiff LowerBound MirrorPad NoOp OneHot OnesLike Pack Pad PadV2
ParallelConcat ParallelDynamicStitch Placeholder PlaceholderWithDefault PreventGradient
QuantizeAndDequantize QuantizeAndDequantizeV2 QuantizeAndDequantizeV3 QuantizeAndDequantizeV4
QuantizeV2 QuantizedConcat RaggedGather RaggedRange RaggedTensorFromVariant RaggedTensorToSparse
RaggedTensorToTensor RaggedTensorToVariant Rank Reshape ReverseSequence Reverse ReverseV2 Roll
ScatterNd ScatterNdNonAliasingAdd SearchSorted Select SelectV2 Shape ShapeN Size Slice Snapshot
SpaceToBatch SpaceToBatchND SpaceToDepth Split SplitV Squeeze StopGradient StridedSlice
TensorScatterAdd TensorScatterMax TensorScatterMin TensorScatterSub TensorScatterUpdate
TensorStridedSliceUpdate Tile TopK TopKV2 Transpose ConjugateTranspose Unique UniqueV2
UniqueWithCounts UniqueWithCountsV2 Unpack UnravelIndex UpperBound Where ZerosLike NthElement
Assert
"""
_NEURAL = """
AvgPool AvgPool3D AvgPoolGrad BatchNormWithGlobalNormalization BiasAdd BiasAddV1 Conv Conv2D Conv3D
Conv3DBackpropInputV2 Conv2DBackpropInput CTCBeamSearchDecoder CTCGreedyDecoder CudnnRNN CudnnRNNV2
CudnnRNNV3 DepthwiseConv2dNative Dilation2D Elu FractionalAvgPool FractionalMaxPool FusedBatchNorm
FusedBatchNormV2 FusedBatchNormV3 FusedPadConv2D FusedResizeAndPadConv2D InTopK InTopKV2 LRN
LeakyRelu LogSoftmax LSTMBlockCell GRUBlockCell BlockLSTM BlockLSTMV2 MaxPool MaxPool3D MaxPoolV2
MaxPoolWithArgmax QuantizedAvgPool QuantizedBiasAdd QuantizedConv2D QuantizedMatMul
QuantizedMaxPool QuantizedRelu QuantizedRelu6 QuantizedReshape Requantize RequantizationRange Relu
Relu6 Selu Softmax SoftmaxCrossEntropyWithLogits Softplus Softsign
SparseSoftmaxCrossEntropyWithLogits ApproxTopK IsotonicRegression
"""
_IMAGES = """
AdjustContrastv2 AdjustHue AdjustSaturation CombinedNonMaxSuppression CropAndResize DecodeBmp
DecodeGif DecodeImage DecodeJpeg DecodeAndCropJpeg DecodePng DecodeRaw DrawBoundingBoxes
DrawBoundingBoxesV2 EncodeJpeg EncodePng ExtractGlimpse ExtractJpegShape HSVToRGB
ImageProjectiveTransformV2 ImageProjectiveTransformV3 NonMaxSuppression NonMaxSuppressionV2
NonMaxSuppressionV3 NonMaxSuppressionV4 NonMaxSuppressionV5 NonMaxSuppressionWithOverlaps
QuantizedResizeBilinear RGBToHSV ResizeArea ResizeBicubic ResizeBilinear ResizeNearestNeighbor
SampleDistortedBoundingBoxV2 ScaleAndTranslate AudioSpectrogram Mfcc DecodeWav EncodeWav
"""
_TEXTS = """
AsString DecodeBase64 DecodeCSV DecodeJSONExample EncodeBase64 ParseExample
ParseExampleV2 ParseSequenceExample ParseSequenceExampleV2 ParseSingleExample
ParseSingleSequenceExample ParseTensor ReduceJoin RegexFullMatch RegexReplace SerializeTensor
StaticRegexFullMatch StaticRegexReplace StringFormat StringJoin StringLength StringLower
StringNGrams StringSplit StringSplitV2 StringStrip StringToHashBucket StringToHashBucketFast
StringToHashBucketStrong StringToNumber StringUpper Substr UnicodeDecode UnicodeDecodeWithOffsets
UnicodeEncode UnicodeScript UnicodeTranscode UnsortedSegmentJoin
"""
_SPARSE = """
DeserializeSparse DenseToSparseSetOperation SerializeSparse SetSize SparseAdd
SparseBincount SparseConcat SparseCross SparseCrossHashed SparseCrossV2 SparseDenseCwiseAdd
SparseDenseCwiseDiv SparseDenseCwiseMul SparseFillEmptyRows SparseReduceMax SparseReduceSum
SparseReorder SparseReshape SparseSegmentMean SparseSegmentMeanWithNumSegments SparseSegmentSqrtN
SparseSegmentSqrtNWithNumSegments SparseSegmentSum SparseSegmentSumWithNumSegments SparseSlice
SparseSoftmax SparseSparseMaximum SparseSparseMinimum SparseSplit SparseTensorDenseAdd
SparseTensorDenseMatMul SparseToDense SparseToSparseSetOperation
"""
_STATE = """
Assign AssignAdd AssignAddVariableOp AssignSub AssignSubVariableOp AssignVariableOp
AnonymousHashTable AnonymousMutableHashTable AnonymousMutableDenseHashTable
DestroyResourceOp DisableCopyOnRead HashTable HashTableV2 InitializeTable InitializeTableV2
IsVariableInitialized LookupTableExport LookupTableExportV2 LookupTableFind LookupTableFindV2
LookupTableImport LookupTableImportV2 LookupTableInsert LookupTableInsertV2 LookupTableRemoveV2
LookupTableSize LookupTableSizeV2 MutableDenseHashTableV2 MutableHashTableOfTensorsV2
MutableHashTableV2 ReadVariableOp ResourceGather ResourceGatherNd ResourceScatterAdd
ResourceScatterUpdate ScatterAdd ScatterUpdate VarHandleOp VarIsInitializedOp Variable VariableShape
VariableV2
"""
_FLOW = """
BatchFunction Case ControlTrigger EmptyTensorList Enter Exit If LoopCond Merge NextIteration
PartitionedCall RefIdentity StatefulPartitionedCall StatelessCase StatelessIf StatelessWhile Switch
TensorArrayCloseV3 TensorArrayConcatV3 TensorArrayGatherV3 TensorArrayReadV3
TensorArrayScatterV3 TensorArraySizeV3 TensorArraySplitV3 TensorArrayV3 TensorArrayWriteV3
TensorListConcat TensorListConcatV2 TensorListElementShape TensorListFromTensor TensorListGather
TensorListGetItem TensorListLength TensorListPopBack TensorListPushBack TensorListReserve
TensorListResize TensorListScatter TensorListScatterV2 TensorListSetItem TensorListSplit
TensorListStack While _Arg _Retval OptionalFromValue OptionalGetValue OptionalHasValue OptionalNone
XlaSharding
"""
_RANDOM = """
Multinomial ParameterizedTruncatedNormal RandomGamma RandomPoissonV2 RandomShuffle
RandomStandardNormal RandomUniform RandomUniformInt StatefulStandardNormalV2 StatefulUniform
StatelessMultinomial StatelessRandomGetAlg StatelessRandomGetKeyCounter StatelessRandomNormal
StatelessRandomNormalV2 StatelessRandomUniform StatelessRandomUniformInt StatelessRandomUniformIntV2
StatelessRandomUniformV2 StatelessTruncatedNormal StatelessTruncatedNormalV2 TruncatedNormal
LogUniformCandidateSampler UniformCandidateSampler StatelessShuffle
"""
COMPUTING = frozenset(
    " ".join((_MATHS, _ARRAYS, _NEURAL, _IMAGES, _TEXTS, _SPARSE, _STATE, _FLOW, _RANDOM)).split()
)
"""Operators of TensorFlow 1.15 to 2.21 that have no effect outside of the model."""
